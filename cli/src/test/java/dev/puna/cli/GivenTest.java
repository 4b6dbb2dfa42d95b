package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.file.BadFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenTest {
    @TempDir
    Path folder;

    @Test
    void everyByteOfATextCounts() throws IOException {
        String text = "\uFEFFa\r\nb\t\0 مرحبا 🙂 \n\n";
        Path file = Files.writeString(folder.resolve("text"), text);
        assertThat(Given.text(session(""), file)).isEqualTo(text);
        assertThat(Given.text(session(text), Path.of("-"))).isEqualTo(text);
        assertThat(Given.standardInput(session(text))).isEqualTo(text);
    }

    @Test
    void whatIsNotUtf8IsRefusedWithThePlaceOfItsFirstByte() throws IOException {
        byte[][] wrong = {
            {'a', 'b', (byte) 0xFF, 'c'},
            {'a', 'b', (byte) 0xD8}, // cut short
            {'a', 'b', (byte) 0xC0, (byte) 0x80}, // an overlong zero
            {'a', 'b', (byte) 0xED, (byte) 0xA0, (byte) 0x80}, // a surrogate
            {'a', 'b', (byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80} // beyond Unicode
        };
        for (byte[] bytes : wrong) {
            Path file = Files.write(folder.resolve("text"), bytes);
            assertThatThrownBy(() -> Given.text(session(""), file))
                    .isInstanceOfSatisfying(
                            BadFile.class, e -> assertThat(e.offset()).isEqualTo(2))
                    .hasMessageContaining("is not UTF-8 text");
        }
    }

    @Test
    void idsAreSeparatedByBlanksOfAnyKind() throws IOException {
        Path file = Files.writeString(folder.resolve("ids"), "\n1 22\t333\r\n  0 2147483647\n");
        assertThat(Given.ids(session(""), file)).containsExactly(1, 22, 333, 0, 2147483647);
        Files.writeString(file, "");
        assertThat(Given.ids(session(""), file)).isEmpty();
    }

    @Test
    void whatIsNoIdIsRefusedByNameAndPlace() throws IOException {
        for (String word : new String[] {"12a", "-1", "1.5", "1,2", "2147483648", "99999999999999999999", "٣"}) {
            Path file = Files.writeString(folder.resolve("ids"), "1 2 " + word + " 3");
            assertThatThrownBy(() -> Given.ids(session(""), file))
                    .isInstanceOfSatisfying(
                            BadFile.class, e -> assertThat(e.offset()).isEqualTo(4))
                    .hasMessageContaining("'" + word + "' is no token id");
        }
    }

    @Test
    void aFolderIsNoText() {
        assertThatThrownBy(() -> Given.text(session(""), folder))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("is a directory");
    }

    private static Session session(String input) {
        var settings = new Settings(Map.of(), new Properties());
        var stream = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return new Session(
                settings, Output.ofProcess(settings), stream, Models.of(settings, Output.ofProcess(settings)));
    }
}
