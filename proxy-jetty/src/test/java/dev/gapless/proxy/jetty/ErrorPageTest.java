package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ErrorPages;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The answers that the proxy itself makes. */
class ErrorPageTest extends ProxyScaffold {
    private static final String REASON = "The service is unavailable.";
    private static final HttpFields JSON = HttpFields.build().add("Accept", "application/json");
    private static final HttpFields TEXT = HttpFields.build().add("Accept", "text/plain");

    private static String body(HttpFields requestHeaders, String message, ErrorPages custom) {
        return ErrorPage.of(requestHeaders, 503, REASON, message, custom).body();
    }

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
                "text/html, */*;q=0.8|text/html;charset=utf-8",
                "application/json, */*|application/json",
                "text/plain|text/plain;charset=utf-8",
                "text/plain;a=\"b|text/plain;charset=utf-8",
                ";;,=|text/html;charset=utf-8"
            })
    void theClientsPreferenceDecidesTheForm(String accept, String type) throws Exception {
        assertThat(client().get("/", "Accept: " + accept).field("Content-Type")).isEqualTo(type);
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
    void whatTheOperatorSaidTakesThePlaceOfTheReason() {
        for (HttpFields client : List.of(HttpFields.EMPTY, JSON, TEXT)) {
            assertThat(body(client, "Back at 10.", null))
                    .contains("Back at 10.")
                    .doesNotContain(REASON);
            assertThat(body(client, "", null)).contains(REASON);
        }
    }

    @Test
    void aMessageIsEscapedAsTheFormNeedsIt() {
        String message = "<script>\"it's\" & {{ .Message }} \\\n\0 😀";

        assertThat(body(HttpFields.EMPTY, message, null))
                .contains("&lt;script&gt;&#34;it&#39;s&#34; &amp; {{ .Message }} \\\n\ufffd 😀</p>")
                .doesNotContain("<script>");
        assertThat(body(JSON, message, null))
                .contains("\"message\":\"<script>\\\"it's\\\" & {{ .Message }} \\\\\\u000a\\u0000 😀\"");
        assertThat(body(TEXT, message, null)).contains(message);
    }

    @Test
    void halfASurrogatePairDoesNotBreakAnAnswer() {
        ErrorPage page = ErrorPage.of(HttpFields.EMPTY, 503, REASON, "a\ud83db", null);

        assertThat(StandardCharsets.UTF_8.decode(page.bytes()).toString()).contains("a?b</p>");
    }

    @Test
    void anUnavailableServiceIsCalledSoWhateverTheOperatorSaid() {
        for (HttpFields client : List.of(HttpFields.EMPTY, TEXT)) {
            assertThat(body(client, "Back at 10.", null))
                    .contains("made by the proxy while the service is unavailable.");
            assertThat(body(client, "", null)).contains(REASON).contains("made by the proxy.");
        }
        assertThat(ErrorPage.of(HttpFields.EMPTY, 502, "Broken.", "", null).body())
                .doesNotContain("unavailable");
    }

    @Test
    void aPageOfTheServicesOwnTakesTheMessage() {
        ErrorPages custom = ErrorPages.of(Map.of(503, "<p>{{ if .Message }}{{ .Message }}{{ else }}Soon{{ end }}</p>"));

        ErrorPage page = ErrorPage.of(HttpFields.EMPTY, 503, REASON, "<b>", custom);

        assertThat(page.contentType()).isEqualTo("text/html;charset=utf-8");
        assertThat(page.body()).isEqualTo("<p>&lt;b&gt;</p>");
        assertThat(body(HttpFields.EMPTY, "", custom)).isEqualTo("<p>Soon</p>");
    }

    @Test
    void aPageOfTheServicesOwnIsForItsStatusAndForHtmlOnly() {
        ErrorPages custom = ErrorPages.of(Map.of(404, "own"));

        assertThat(body(HttpFields.EMPTY, "", custom)).startsWith("<!doctype html>");
        assertThat(ErrorPage.of(HttpFields.EMPTY, 404, "Why.", "", custom).body())
                .isEqualTo("own");
        assertThat(ErrorPage.of(JSON, 404, "Why.", "", custom).body()).startsWith("{\"status\":404");
        assertThat(ErrorPage.of(TEXT, 404, "Why.", "", custom).body()).startsWith("404 Not Found\nWhy.\n");
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
