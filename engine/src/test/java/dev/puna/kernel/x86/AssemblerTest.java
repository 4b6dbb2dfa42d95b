package dev.puna.kernel.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssemblerTest {

    @Test
    void everyInstructionHasTheBytesThatGnuAsGivesIt() throws IOException {
        Map<String, String> known = known();
        Map<String, String> wrong = new TreeMap<>();
        List<Instructions.Case> cases = new ArrayList<>(Instructions.vectors());
        cases.addAll(Instructions.others());
        for (Instructions.Case it : cases) {
            String bytes = HexFormat.of().formatHex(it.bytes());
            if (!bytes.equals(known.get(it.text()))) {
                wrong.put(it.text(), bytes + ", not " + known.get(it.text()));
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(cases).hasSizeGreaterThan(1500);
    }

    @Test
    void whatIsAssembledByChanceIsDisassembledToTheSame(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Binutils.present(), "GNU as and objdump are not installed");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        for (int i = 0; i < 5_000; i++) {
            Instructions.Case it = Instructions.random(random);
            texts.add(it.text());
            code.write(it.bytes());
        }
        List<String> disassembled = Binutils.disassembled(code.toByteArray(), folder);
        for (int i = 0; i < texts.size(); i++) {
            assertThat(disassembled.get(i))
                    .as("seed %d, instruction %d", seed, i)
                    .isEqualTo(texts.get(i).replace(Instructions.LOAD, ""));
        }
    }

    @Test
    void jumpsReachTheirLabelsAndConstantsLieAlignedBehindTheCode() {
        Assembler a = new Assembler();
        Label back = a.here();
        Label ahead = new Label();
        a.jump(Assembler.Condition.NOT_ZERO, back); // 0F 85, −6
        a.jump(ahead); // E9, over one byte
        a.ret();
        a.bind(ahead);
        Mem four = a.constant(new byte[] {1, 2, 3, 4});
        assertThat(a.constant(new byte[] {1, 2, 3, 4})).isEqualTo(four);
        a.op(Op.VPBROADCASTD, Vec.ymm(0), four); // C4 E2 7D 58 05, relative to its end
        a.op(Op.VPSHUFD, Vec.ymm(0), a.constant(new byte[32]), 7); // C5 FD 70 05, an immediate behind
        byte[] code = a.finish();
        // the code is 6 + 5 + 1 + 9 + 9 = 30 bytes; constants at 32 (4 bytes) and 64 (32 bytes)
        assertThat(HexFormat.of().formatHex(code, 0, 30))
                .isEqualTo("0f85faffffff" + "e901000000" + "c3" + "c4e27d58050b000000" + "c5fd70052200000007");
        assertThat(code).hasSize(96);
        assertThat(HexFormat.of().formatHex(code, 32, 36)).isEqualTo("01020304");
    }

    @Test
    void paddingIsNoOperations(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Binutils.present(), "GNU as and objdump are not installed");
        for (int before = 1; before < 32; before++) {
            Assembler a = new Assembler();
            for (int i = 0; i < before; i++) {
                a.ret();
            }
            a.align(32);
            assertThat(a.size()).isEqualTo(32);
            List<String> texts = Binutils.disassembled(a.finish(), folder);
            assertThat(texts.subList(before, texts.size()))
                    .allMatch(text -> text.matches("(data16 |cs )?(nop|xchg ax,ax).*"));
        }
    }

    private static Map<String, String> known() throws IOException {
        try (InputStream in = AssemblerTest.class.getResourceAsStream("encodings.tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split("\t"))
                    .collect(Collectors.toMap(fields -> fields[1], fields -> fields[0]));
        }
    }
}
