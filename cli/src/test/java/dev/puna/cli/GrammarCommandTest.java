package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrammarCommandTest {
    private static final String PERSON =
            "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}},"
                    + "\"required\":[\"name\",\"age\"]}";

    @TempDir
    static Path folder;

    @Test
    void aSchemaJudgesTextsHoweverTheyAreWritten() throws IOException {
        Path schema = Files.writeString(folder.resolve("person.json"), PERSON);
        Path good = Files.writeString(folder.resolve("good.txt"), "{ \"age\" : 36,\n\t\"name\":\"Ada\" }\n");
        Path bad = Files.writeString(folder.resolve("bad.txt"), "{\"age\":36.5,\"name\":\"Ada\"}");
        assertThat(Ran.puna("grammar", schema)).isEqualTo(new Ran(0, schema + ": compiles\n", ""));
        assertThat(Ran.puna("grammar", schema, "--accepts", good)).isEqualTo(new Ran(0, good + ": accepted\n", ""));
        assertThat(Ran.puna("grammar", schema, "--accepts", good, bad))
                .isEqualTo(new Ran(1, good + ": accepted\n" + bad + ": not accepted\n", ""));
        assertThat(Ran.fed("{\"name\":\"Ada\",\"age\":1}", "grammar", schema, "--accepts", "-", "--json"))
                .extracting(Ran::exit)
                .isEqualTo(0);
    }

    @Test
    void aGbnfGrammarJudgesTextsByteForByte() throws IOException {
        Path grammar = Files.writeString(folder.resolve("list.gbnf"), "root ::= (\"- \" [^\\n]+ \"\\n\"){2} # two\n");
        Path good = Files.writeString(folder.resolve("two.txt"), "- one\n- zwölf\n");
        Path bad = Files.writeString(folder.resolve("one.txt"), "- one\n");
        assertThat(Ran.puna("grammar", grammar, "--accepts", good).exit()).isEqualTo(0);
        assertThat(Ran.puna("grammar", grammar, "--accepts", bad).exit()).isEqualTo(1);
    }

    @Test
    void whatCannotBeEnforcedIsRefusedByName() throws IOException {
        Path schema =
                Files.writeString(folder.resolve("back.json"), "{\"properties\":{\"a/b\":{\"pattern\":\"(x)\\\\1\"}}}");
        Ran ran = Ran.puna("grammar", schema);
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err())
                .contains("back.json", "#/properties/a~1b/pattern", "back reference")
                .hasLineCount(1);
        ran = Ran.puna("grammar", schema, "--json");
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.out()).contains("\"compiles\":false", "\"where\":\"#/properties/a~1b/pattern\"");
        Path grammar = Files.writeString(folder.resolve("left.gbnf"), "root ::= root \"a\" | \"b\"\n");
        assertThat(Ran.puna("grammar", grammar).err()).contains("left.gbnf", "left recursion");
        Path broken = Files.writeString(folder.resolve("broken.json"), "{\"type\":");
        assertThat(Ran.puna("grammar", broken).exit()).isEqualTo(2);
    }
}
