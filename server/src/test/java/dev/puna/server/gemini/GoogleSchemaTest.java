package dev.puna.server.gemini;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class GoogleSchemaTest {
    private static JsonNode json(String text) {
        return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'type': 'STRING', 'format': 'enum', 'enum': ['a']}        | {'type': 'string', 'enum': ['a']}
                    {'type': 'integer', 'nullable': true}                      | {'type': ['integer', 'null']}
                    {'type': 'STRING', 'enum': ['a'], 'nullable': true}        | {'type': ['string', 'null'], 'enum': ['a', null]}
                    {'type': 'ARRAY', 'min_items': '2', 'items': {'type': 'BOOLEAN'}} | {'type': 'array', 'minItems': 2, 'items': {'type': 'boolean'}}
                    {'type': 'INTEGER', 'format': 'int32', 'minimum': 0}       | {'type': 'integer', 'minimum': 0, 'maximum': 2147483647}
                    {'anyOf': [{'type': 'NUMBER', 'format': 'double'}]}        | {'anyOf': [{'type': 'number'}]}
                    {'type': 'OBJECT', 'properties': {'a': {}, 'b': {}}, 'propertyOrdering': ['b']} | {'type': 'object', 'properties': {'b': {}, 'a': {}}, 'additionalProperties': false}
                    """)
    void openApiBecomesJsonSchema(String google, String expected) {
        assertThat(Json.node(GoogleSchema.read(json(google), "s")).toString())
                .isEqualTo(json(expected).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'type': 'FROG'}                              | s.type
                    {'properties': {'a': {'colour': 'red'}}}      | s.properties.a.colour
                    {'items': {'minItems': 'x'}}                  | s.items.minItems
                    {'anyOf': {}}                                 | s.anyOf
                    """)
    void whatItDoesNotKnowIsRefusedWhereItStands(String google, String path) {
        assertThatThrownBy(() -> GoogleSchema.read(json(google), "s"))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.field()).contains(path));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'oneOf': [{'const': {'oneOf': 1}}]} | {'anyOf': [{'const': {'oneOf': 1}}]}
                    {'properties': {'oneOf': {}, 'a': {}}, 'propertyOrdering': ['a', 'oneOf']} | {'properties': {'a': {}, 'oneOf': {}}}
                    """)
    void jsonSchemaKeepsItsMeaning(String given, String expected) {
        assertThat(Json.node(GoogleSchema.json(json(given))).toString())
                .isEqualTo(json(expected).toString());
    }
}
