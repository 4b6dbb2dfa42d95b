package dev.puna;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What a compiled class names. Unlike its imports, this knows of full names in the code, of inferred types and of
 * annotations.
 *
 * @param name the class, as {@code dev.puna.tensor.Tensor$Inner}
 * @param classes every class it names, itself excepted, arrays and primitives left out
 * @param members every field and method it uses, as {@code java.lang.System.out}
 */
public record ClassReferences(String name, Set<String> classes, Set<String> members) {
    private static final Pattern IN_DESCRIPTOR = Pattern.compile("L([\\w$]+(?:/[\\w$]+)+)[;<]");

    public static ClassReferences of(Path classFile) {
        try {
            return of(Files.readAllBytes(classFile));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static ClassReferences of(byte[] classFile) {
        ClassModel model = ClassFile.of().parse(classFile);
        String name = dotted(model.thisClass().asInternalName());
        Set<String> classes = new TreeSet<>();
        Set<String> members = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            switch (entry) {
                case ClassEntry type -> {
                    if (type.asInternalName().startsWith("[")) {
                        addDescribed(type.asInternalName(), classes);
                    } else {
                        classes.add(dotted(type.asInternalName()));
                    }
                }
                case MemberRefEntry member ->
                    members.add(dotted(member.owner().asInternalName()) + "."
                            + member.name().stringValue());
                // Descriptors, signatures and annotations are plain text in the pool.
                case Utf8Entry text -> addDescribed(text.stringValue(), classes);
                default -> {}
            }
        }
        classes.remove(name);
        return new ClassReferences(name, classes, members);
    }

    private static void addDescribed(String text, Set<String> classes) {
        IN_DESCRIPTOR
                .matcher(text)
                .results()
                .map((MatchResult found) -> dotted(found.group(1)))
                .forEach(classes::add);
    }

    private static String dotted(String internal) {
        return internal.replace('/', '.');
    }

    /** The package of a class's name. */
    public static String packageOf(String className) {
        int dot = className.lastIndexOf('.');
        return dot < 0 ? "" : className.substring(0, dot);
    }

    /** The name of the file's own class, without package and without what is nested in it. */
    public static String topLevel(String className) {
        String simple = className.substring(className.lastIndexOf('.') + 1);
        int nested = simple.indexOf('$');
        return nested < 0 ? simple : simple.substring(0, nested);
    }
}
