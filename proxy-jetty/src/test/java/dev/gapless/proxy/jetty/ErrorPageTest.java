package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The answers that the proxy itself makes. */
class ErrorPageTest extends ProxyScaffold {
    @BeforeEach
    void startWithoutServices() {
        proxy = start(loopback());
    }

    @Test
    void anErrorIsAPageThatSaysWhoMadeIt() throws Exception {
        RawMessage response = client().get("/");

        assertThat(response.status()).isEqualTo(404);
        assertThat(response.field("Content-Type")).isEqualTo("text/html;charset=utf-8");
        assertThat(response.field("Cache-Control")).isEqualTo("no-store");
        assertThat(response.text())
                .startsWith("<!doctype html>")
                .contains("404 Not Found")
                .contains("made by the proxy");
        assertThat(response.names()).containsExactlyInAnyOrder("content-type", "cache-control", "content-length");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/*|text/html",
                "text/html, application/json|text/html",
                "application/json|application/json",
                "application/problem+json|application/json",
                "application/json, text/html;q=0.9|application/json",
                "application/json;q=0.5, text/html|text/html",
                "application/json;q=0.5, */*|text/html",
                "application/json, */*|application/json",
                "application/json, text/plain, */*|application/json",
                "text/plain|text/plain",
                "TEXT/PLAIN, */*;q=0.1|text/plain",
                "text/*|text/html",
                "image/png|text/html",
                "application/json;q=0, text/plain|text/plain",
                "application/json;q=0|text/html",
                ";;,=|text/html"
            })
    void theClientsPreferenceDecidesTheForm(String accept, String type) throws Exception {
        assertThat(client().get("/", "Accept: " + accept).field("Content-Type")).startsWith(type);
    }

    @Test
    void jsonSaysTheSame() throws Exception {
        assertThat(client().get("/", "Accept: application/json").text())
                .contains("\"status\":404")
                .contains("\"error\":\"Not Found\"")
                .contains("\"source\":\"proxy\"");
    }

    @Test
    void textSaysTheSame() throws Exception {
        assertThat(client().get("/", "Accept: text/plain").text())
                .startsWith("404 Not Found\n")
                .contains("made by the proxy");
    }

    @Test
    void whatAMessageHasOfMarkupIsEscaped() {
        String message = "<script>\"&\\\n";

        assertThat(ErrorPage.of(HttpFields.EMPTY, 503, message).body())
                .contains("&lt;script&gt;")
                .doesNotContain("<script>");
        assertThat(ErrorPage.of(HttpFields.build().add("Accept", "application/json"), 503, message)
                        .body())
                .contains("\"message\":\"<script>\\\"&\\\\\\u000a\"");
    }

    @Test
    void aHeadGetsTheHeadOnly() throws Exception {
        RawClient client = client();

        RawMessage head = client.send(RawClient.head("HEAD", "/")).readHead();

        assertThat(head.status()).isEqualTo(404);
        assertThat(Integer.parseInt(head.field("Content-Length"))).isPositive();
        assertThat(client.get("/").status()).isEqualTo(404);
    }

    @Test
    void anErrorLeavesTheConnectionOpen() throws Exception {
        RawClient client = client();

        assertThat(client.get("/1").status()).isEqualTo(404);
        assertThat(client.send(RawClient.head("POST", "/", "Content-Length: 2") + "hi")
                        .read()
                        .status())
                .isEqualTo(404);
    }

    @Test
    void anErrorPassesOverHttp2() throws Exception {
        Http2Client http2 = http2();

        assertThat(http2.get("/").status()).isEqualTo(404);
        assertThat(http2.get("/", "accept", "application/json").text()).contains("404");
    }

    @Test
    void anErrorOfATargetPassesAsItIs() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 503 Own\r\nContent-Length: 3\r\n\r\nown"));

        RawMessage response = client().get("/", "Accept: application/json");

        assertThat(response.text()).isEqualTo("own");
        assertThat(response.fields()).containsExactly("Content-Length: 3");
    }
}
