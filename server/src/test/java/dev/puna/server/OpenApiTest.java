package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.server.http.Route;
import dev.puna.server.wire.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The description that the server gives of itself is the server. */
class OpenApiTest {
    @Test
    void everyRouteIsDescribedAndNothingElse() {
        try (Served served = new Served()) {
            JsonNode document = served.get("/openapi.json").json();
            assertThat(document.get("openapi").stringValue()).startsWith("3.1");
            Set<String> routes = new TreeSet<>();
            for (Route route : served.server.routes()) {
                routes.add(route.method() + " " + route.pattern());
            }
            Set<String> described = new TreeSet<>();
            document.get("paths")
                    .properties()
                    .forEach(path -> path.getValue()
                            .properties()
                            .forEach(operation ->
                                    described.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey())));
            assertThat(described).isEqualTo(routes).hasSizeGreaterThan(50);
        }
    }

    @Test
    void everyFieldAndParameterOfEveryRouteIsDescribed() {
        try (Served served = new Served()) {
            JsonNode paths = served.get("/openapi.json").json().get("paths");
            for (Route route : served.server.routes()) {
                JsonNode operation =
                        paths.get(route.pattern()).get(route.method().toLowerCase(Locale.ROOT));
                String name = route.method() + " " + route.pattern();
                assertThat(operation.get("summary").stringValue()).as(name).isNotEmpty();
                List<String> parameters = new ArrayList<>();
                if (operation.has("parameters")) {
                    operation
                            .get("parameters")
                            .forEach(one -> parameters.add(one.get("name").stringValue()));
                }
                assertThat(parameters).as(name).containsAll(route.queries()).doesNotHaveDuplicates();
                route.shape().ifPresent(shape -> {
                    JsonNode properties = operation.at("/requestBody/content/application~1json/schema/properties");
                    for (Field<?> field : shape.fields()) {
                        assertThat(properties.has(field.name()))
                                .as(name + " " + field.name())
                                .isTrue();
                    }
                });
                assertThat(operation.get("security").isEmpty()).as(name).isEqualTo(route.open());
            }
        }
    }

    @Test
    void aParameterOfAQueryThatNobodyDeclaredIsRefusedByItsName() {
        try (Served served = new Served()) {
            for (Route route : served.server.routes()) {
                if (!route.open()) {
                    String path = route.pattern().replaceAll("\\{[^}]*}", "x") + "?no_such_parameter=1";
                    Served.Said said =
                            served.send(route.method(), path, route.method().equals("POST") ? "{}" : null);
                    assertThat(said.status()).as(path).isEqualTo(400);
                    assertThat(said.body()).as(path).contains("no_such_parameter");
                }
            }
        }
    }
}
