package dev.puna.file;

import dev.puna.Mutations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MutatedFilesTest {
    private static final int COUNT = 5000;

    @TempDir
    Path folder;

    @Test
    void mutatedGgufIsReadOrRefused() throws Exception {
        List<byte[]> valid = new ArrayList<>(FilesForFuzzing.gguf(folder));
        Path malformed = Path.of(GgufTest.class.getResource("malformed").toURI());
        try (Stream<Path> files = Files.list(malformed)) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("ok_"))
                    .sorted()
                    .toList()) {
                valid.add(Files.readAllBytes(file));
            }
        }
        Mutations.onlyBadFileComesOut(1, COUNT, valid, folder.resolve("m.gguf"), FilesForFuzzing::readGguf);
    }

    @Test
    void mutatedSafetensorsAreReadOrRefused() throws IOException {
        Mutations.onlyBadFileComesOut(
                2,
                COUNT,
                FilesForFuzzing.safetensors(folder),
                folder.resolve("m.safetensors"),
                FilesForFuzzing::readSafetensors);
    }

    @Test
    void mutatedIndexesAreReadOrRefused() throws IOException {
        Files.write(
                folder.resolve("one.safetensors"),
                FilesForFuzzing.safetensors(folder).getLast());
        byte[] index = "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"t\":\"one.safetensors\"}}"
                .getBytes(StandardCharsets.UTF_8);
        Mutations.onlyBadFileComesOut(
                3, COUNT, List.of(index), folder.resolve("m.safetensors.index.json"), FilesForFuzzing::readSafetensors);
    }

    @Test
    void mutatedJsonIsReadOrRefused() throws IOException {
        byte[] json = "{\"a\":[1,-2.5e3,true,false,null,\"x\\n\\u00e9é\"],\"b\":{\"c\":{},\"d\":12345678901234567890}}"
                .getBytes(StandardCharsets.UTF_8);
        Mutations.onlyBadFileComesOut(
                4, COUNT, List.of(json), folder.resolve("m.json"), file -> Json.write(Json.parse(file)));
    }
}
