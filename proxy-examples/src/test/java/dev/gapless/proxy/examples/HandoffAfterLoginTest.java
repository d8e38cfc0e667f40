package dev.gapless.proxy.examples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

@Tag("proof")
class HandoffAfterLoginTest {
    private static final String LISTENING = "Listening on port ";

    @Test
    void onlyThoseWhoAreKnownGetToTheBackend() throws Exception {
        try (TestTarget backend = new TestTarget("backend");
                JavaProcess example = JavaProcess.start(
                        Map.of(), List.of("-Dport=0"), HandoffAfterLogin.class.getName(), backend.address())) {
            String port = example.awaitLine(line -> line.startsWith(LISTENING)).substring(LISTENING.length());

            assertThat(get(port, "X-Key", "guessed").statusCode()).isEqualTo(401);
            assertThat(get(port, "X-Key", "secret").body()).startsWith("backend");

            example.type("\n");
            assertThat(example.awaitExit()).isZero();
        }
    }

    private static HttpResponse<String> get(String port, String name, String value) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/cart"))
                .header(name, value)
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }
}
