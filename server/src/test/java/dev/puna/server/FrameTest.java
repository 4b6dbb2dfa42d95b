package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FrameTest {
    @Test
    void whatIsNotThereIsAnErrorOfTheApi() {
        try (Served served = new Served()) {
            Served.Said said = served.get("/v1/nothing");
            assertThat(said.status()).isEqualTo(404);
            assertThat(said.json().at("/error/type").stringValue()).isEqualTo("invalid_request_error");
            assertThat(said.header("x-request-id")).startsWith("req_");
            assertThat(served.post("/v1/models", "{}").status()).isEqualTo(405);
            assertThat(served.get("/v1/models").json().get("data").size()).isZero();
            assertThat(served.get("/v1//models").status()).isEqualTo(404);
        }
    }
}
