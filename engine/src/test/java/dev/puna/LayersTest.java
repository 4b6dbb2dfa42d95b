package dev.puna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.tensor.Tensor;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The engine's packages have one order, and each way out of Java's safe ground has one door. Read off the class files. */
class LayersTest {
    /** Lowest first; a class may name only packages below its own. A sub-package belongs to its parent. */
    static final List<String> LAYERS =
            List.of("tensor", "file", "text", "kernel", "model", "load", "sample", "engine", "chat");

    private static final String ROOT = "dev.puna";

    private static final Set<String> PROPERTY_READERS = Set.of(
            "java.lang.System.getenv",
            "java.lang.System.getProperty",
            "java.lang.System.getProperties",
            "java.lang.Boolean.getBoolean",
            "java.lang.Integer.getInteger",
            "java.lang.Long.getLong");

    @Test
    void everyClassLooksDown() {
        List<ClassReferences> engine = engine();
        assertThat(engine).as("classes found").hasSizeGreaterThan(10);
        assertThat(engine.stream().flatMap(of -> upward(of).stream())).isEmpty();
    }

    @Test
    void everyDoorIsWhereItBelongs() {
        assertThat(engine().stream().flatMap(of -> forbidden(of).stream())).isEmpty();
    }

    @Test
    void theEngineNeedsTheJdkAndOneJsonReaderOnly() {
        assertThat(engine().stream().flatMap(of -> foreign(of).stream())).isEmpty();
    }

    @Test
    void aReferenceUpwardIsFound() {
        assertThat(upward(naming("dev.puna.tensor.Probe", "dev.puna.file.Gguf")))
                .hasSize(1);
        assertThat(upward(naming("dev.puna.engine.Probe", "dev.puna.chat.Assistant")))
                .hasSize(1);
        assertThat(upward(naming("dev.puna.chat.Probe", "dev.puna.Settings"))).hasSize(1);
        assertThat(upward(naming("dev.puna.kernel.x86.Probe", "dev.puna.model.Llama")))
                .hasSize(1);
        assertThat(upward(naming("dev.puna.drawer.Probe", "dev.puna.tensor.Tensor")))
                .hasSize(1);
    }

    @Test
    void aReferenceDownwardIsNot() {
        assertThat(upward(naming("dev.puna.chat.Probe", "dev.puna.tensor.Tensor")))
                .isEmpty();
        assertThat(upward(naming("dev.puna.kernel.x86.Probe", "dev.puna.kernel.Kernels")))
                .isEmpty();
        assertThat(upward(naming("dev.puna.kernel.Probe", "dev.puna.kernel.x86.Assembler")))
                .isEmpty();
        assertThat(upward(naming("dev.puna.Probe", "dev.puna.chat.Assistant"))).isEmpty();
    }

    @Test
    void aDoorInTheWrongPlaceIsFound() {
        assertThat(forbidden(naming("dev.puna.model.Probe", "jdk.incubator.vector.FloatVector")))
                .hasSize(1);
        assertThat(forbidden(naming("dev.puna.kernel.Probe", "java.lang.foreign.Linker")))
                .hasSize(1);
        assertThat(forbidden(calling("dev.puna.engine.Probe", "java.lang.System", "getenv")))
                .hasSize(1);
        assertThat(forbidden(calling("dev.puna.engine.Probe", "java.lang.Boolean", "getBoolean")))
                .hasSize(1);
        assertThat(forbidden(calling("dev.puna.engine.Probe", "java.lang.System", "out")))
                .hasSize(1);
        assertThat(forbidden(calling("dev.puna.engine.Probe", "java.lang.System", "exit")))
                .hasSize(1);
        assertThat(foreign(naming("dev.puna.model.Probe", "picocli.CommandLine")))
                .hasSize(1);
    }

    @Test
    void aDoorInItsPlaceIsNot() {
        assertThat(forbidden(naming("dev.puna.kernel.Probe", "jdk.incubator.vector.FloatVector")))
                .isEmpty();
        assertThat(forbidden(naming("dev.puna.kernel.x86.Probe", "java.lang.foreign.Linker")))
                .isEmpty();
        assertThat(forbidden(calling("dev.puna.Settings", "java.lang.System", "getenv")))
                .isEmpty();
        assertThat(forbidden(calling("dev.puna.Settings$Probe", "java.lang.System", "getenv")))
                .isEmpty();
        assertThat(foreign(naming("dev.puna.file.Probe", "tools.jackson.core.JsonParser")))
                .isEmpty();
    }

    private static List<ClassReferences> engine() {
        return Project.classFilesBeside(Tensor.class).stream()
                .map(ClassReferences::of)
                .toList();
    }

    private static List<String> upward(ClassReferences of) {
        List<String> faults = new ArrayList<>();
        int own = layer(of.name());
        if (own < 0) {
            faults.add(of.name() + " is in a package that LAYERS does not have");
        }
        for (String named : of.classes()) {
            if (named.startsWith(ROOT + ".") && layer(named) > own && own >= 0) {
                faults.add(of.name() + " names " + named + ", which is above it");
            }
        }
        return faults;
    }

    /** Index in LAYERS; the root package is above all; -1 for a package that has no place. */
    private static int layer(String className) {
        String in = ClassReferences.packageOf(className);
        if (in.equals(ROOT)) {
            return LAYERS.size();
        }
        return LAYERS.indexOf(in.substring(ROOT.length() + 1).split("\\.")[0]);
    }

    private static List<String> forbidden(ClassReferences of) {
        List<String> faults = new ArrayList<>();
        String in = ClassReferences.packageOf(of.name());
        boolean kernel = in.equals("dev.puna.kernel") || in.startsWith("dev.puna.kernel.");
        boolean machineCode = in.startsWith("dev.puna.kernel.x86") || in.startsWith("dev.puna.kernel.cuda");
        for (String named : of.classes()) {
            if (named.startsWith("jdk.incubator.vector.") && !kernel) {
                faults.add(of.name() + " names " + named + ": the Vector API stays in dev.puna.kernel");
            }
            if (named.equals("java.lang.foreign.Linker") && !machineCode) {
                faults.add(of.name() + " names " + named + ": calls out of Java stay in kernel.x86 and kernel.cuda");
            }
        }
        for (String member : of.members()) {
            if (PROPERTY_READERS.contains(member)
                    && !ClassReferences.topLevel(of.name()).equals("Settings")) {
                faults.add(of.name() + " uses " + member + ": only Settings reads the environment");
            }
            if (Set.of("java.lang.System.out", "java.lang.System.err", "java.lang.System.exit")
                    .contains(member)) {
                faults.add(of.name() + " uses " + member + ": a library neither prints nor ends the process");
            }
        }
        return faults;
    }

    private static List<String> foreign(ClassReferences of) {
        return of.classes().stream()
                .filter(named -> !named.startsWith("java.")
                        && !named.startsWith("dev.puna.")
                        && !named.startsWith("tools.jackson.core.")
                        && !named.startsWith("jdk.incubator.vector.")
                        && !named.startsWith("org.jspecify.annotations."))
                .map(named -> of.name() + " names " + named)
                .toList();
    }

    private static ClassReferences naming(String name, String other) {
        return ClassReferences.of(ClassFile.of()
                .build(
                        ClassDesc.of(name),
                        type -> type.withField("probe", ClassDesc.of(other), ClassFile.ACC_PRIVATE)));
    }

    private static ClassReferences calling(String name, String owner, String member) {
        return ClassReferences.of(ClassFile.of()
                .build(
                        ClassDesc.of(name),
                        type -> type.withMethodBody(
                                "probe",
                                MethodTypeDesc.of(ConstantDescs.CD_void),
                                ClassFile.ACC_STATIC,
                                code -> code.invokestatic(
                                                ClassDesc.of(owner), member, MethodTypeDesc.of(ConstantDescs.CD_void))
                                        .return_())));
    }
}
