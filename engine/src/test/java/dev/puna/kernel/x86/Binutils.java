package dev.puna.kernel.x86;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** GNU as and objdump, where a machine has them. */
final class Binutils {
    private Binutils() {}

    static boolean present() {
        for (String directory : List.of("/usr/bin", "/usr/local/bin")) {
            if (Files.isExecutable(Path.of(directory, "objdump")) && Files.isExecutable(Path.of(directory, "as"))) {
                return true;
            }
        }
        return false;
    }

    /** Each instruction's text, as objdump spells it. */
    static List<String> disassembled(byte[] code, Path folder) throws IOException, InterruptedException {
        Path file = folder.resolve("code.bin");
        Files.write(file, code);
        List<String> texts = new ArrayList<>();
        run("objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--insn-width=16", file.toString())
                .lines()
                .filter(line -> line.matches("\\s*[0-9a-f]+:\\s.*"))
                .forEach(line -> texts.add(tidy(line.substring(line.lastIndexOf('\t') + 1))));
        return texts;
    }

    /** Each instruction's bytes in hexadecimal digits, as GNU as chooses them. */
    static List<String> assembled(List<String> texts, Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve("code.s");
        Path object = folder.resolve("code.o");
        Files.writeString(source, ".intel_syntax noprefix\n" + String.join("\n", texts) + "\n");
        run("as", "--64", "-o", object.toString(), source.toString());
        List<String> hex = new ArrayList<>();
        run("objdump", "-d", "-M", "intel", "--insn-width=16", object.toString())
                .lines()
                .filter(line -> line.matches("\\s*[0-9a-f]+:\\s.*"))
                .forEach(line -> hex.add(line.split("\t")[1].replace(" ", "")));
        return hex;
    }

    /** Blanks made single, comments dropped. */
    private static String tidy(String line) {
        int comment = line.indexOf('#');
        return (comment < 0 ? line : line.substring(0, comment)).strip().replaceAll("\\s+", " ");
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command[0] + ": " + output);
        }
        return output;
    }

    /**
     * Writes the known bytes that {@link AssemblerTest} compares with: run it by hand when an instruction is added.
     *
     * @param arguments the file to write, and a folder for what lies between
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<Instructions.Case> cases = new ArrayList<>(Instructions.vectors());
        cases.addAll(Instructions.others());
        List<String> texts =
                cases.stream().map(Instructions.Case::text).distinct().toList();
        List<String> hex = assembled(texts, Path.of(arguments[1]));
        if (hex.size() != texts.size()) {
            throw new IOException(hex.size() + " instructions of " + texts.size());
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < hex.size(); i++) {
            assert HexFormat.of().parseHex(hex.get(i)).length < 16;
            lines.append(hex.get(i)).append('\t').append(texts.get(i)).append('\n');
        }
        Files.writeString(Path.of(arguments[0]), lines);
    }
}
