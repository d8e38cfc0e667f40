package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What of a request and a response goes on, and what does not. */
class ForwardingTest extends WireTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a%2Fb",
                "//",
                "//evil/x",
                "/a//b",
                "/%25",
                "/%2e",
                "/a|b",
                "/\u00c3\u00bc",
                "/{}\"<>^`",
                "/a?q=%",
                "/a?",
                "/a?b?c=%2F&d=|{}",
                "/a;p=1;q",
                "/a/./b"
            })
    void theBytesOfPathAndQueryAreTheClients(String pathAndQuery) throws Exception {
        assertThat(get(pathAndQuery, "Host: a")).startsWith("HTTP/1.1 200 ");
        assertThat(target.heads()).singleElement().asString().startsWith("GET " + pathAndQuery + " HTTP/1.1\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%zz", "/a%2"})
    void aPathWithABadEscapeIsRefused(String path) throws Exception {
        assertThat(get(path, "Host: a")).startsWith("HTTP/1.1 400 ");
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aLongPathPasses() throws Exception {
        String path = "/" + "p".repeat(16_000);
        assertThat(get(path, "Host: a")).startsWith("HTTP/1.1 200 ");
        assertThat(target.heads()).singleElement().asString().startsWith("GET " + path + " HTTP/1.1\r\n");
    }

    @Test
    void thePrefixIsStrippedAndTheRestStaysAsItWas() throws Exception {
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(target.address())
                        .options(ServiceOptions.builder().pathPrefix("/api").build())
                        .build());
        get("/%61pi/x%2Fy?z=%20", "Host: a");
        get("/api", "Host: a");
        assertThat(get("/api2", "Host: a")).startsWith("HTTP/1.1 404 ");
        assertThat(get("/api/%2e%2e/x", "Host: a")).startsWith("HTTP/1.1 400 ");
        assertThat(target.heads()).hasSize(2);
        assertThat(target.heads().get(0)).startsWith("GET /x%2Fy?z=%20 HTTP/1.1\r\n");
        assertThat(target.heads().get(1)).startsWith("GET / HTTP/1.1\r\n");
    }

    @Test
    void fieldsOfTheConnectionStayOnTheirSide() throws Exception {
        target.script(exchange -> {
            exchange.send("HTTP/1.1 200 OK\r\nConnection: X-Mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: timeout=9\r\n"
                    + "X-Kept: 2\r\nContent-Length: 0\r\n\r\n");
            return true;
        });
        String response = get(
                "/",
                "Host: a\r\nConnection: X-Yours, Upgrade, close\r\nX-Yours: 1\r\nKeep-Alive: 5\r\nTE: trailers, deflate\r\n"
                        + "Upgrade: h2c\r\nProxy-Authorization: x\r\nX-Kept: 1");
        assertThat(response).contains("X-Kept: 2").doesNotContain("X-Mine").doesNotContain("Keep-Alive");
        assertThat(target.heads())
                .singleElement()
                .asString()
                .contains("X-Kept: 1\r\n", "TE: trailers\r\n")
                .doesNotContain("X-Yours", "Keep-Alive", "Upgrade", "Proxy-Authorization", "deflate", "close");
    }

    @Test
    void nothingIsInvented() throws Exception {
        assertThat(get("/", "Host: a")).doesNotContain("Server:", "Date:", "Content-Type:", "Via:");
        assertThat(target.heads())
                .singleElement()
                .asString()
                .doesNotContain("User-Agent", "Accept", "Content-Type", "Via", "Forwarded:", "Content-Length");
    }

    @Test
    void aTargetsServerAndDateAreKeptOnce() throws Exception {
        target.script(exchange -> {
            exchange.send("HTTP/1.1 200 OK\r\nServer: mine\r\nDate: then\r\nContent-Length: 0\r\n\r\n");
            return true;
        });
        assertThat(get("/", "Host: a")).containsOnlyOnce("Server: mine").containsOnlyOnce("Date: then");
    }

    @Test
    void aClientsForwardedFieldsAreBelievedWhereTheServiceTrustsThem() throws Exception {
        get(
                "/",
                "Host: a:8080\r\nX-Forwarded-For: unknown, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b");
        assertThat(target.heads())
                .singleElement()
                .asString()
                .contains(
                        "Host: a:8080\r\n",
                        "X-Forwarded-For: unknown, 10.0.0.1, 127.0.0.1\r\n",
                        "X-Forwarded-Proto: https\r\n",
                        "X-Forwarded-Host: b\r\n",
                        "X-Kamal-Target: " + target.address() + "\r\n")
                .containsPattern(
                        "X-Request-ID: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\r\n")
                .containsPattern("X-Request-Start: t=[0-9]{13}\r\n");
    }

    @Test
    void aClientsForwardedFieldsAreReplacedWhereTheyAreNotTrusted() throws Exception {
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(target.address())
                        .options(ServiceOptions.builder()
                                .trustForwardedHeaders(false)
                                .build())
                        .build());
        get(
                "/",
                "Host: a\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\nX-Request-ID: mine");
        assertThat(target.heads())
                .singleElement()
                .asString()
                .contains(
                        "X-Forwarded-For: 127.0.0.1\r\n",
                        "X-Forwarded-Proto: http\r\n",
                        "X-Forwarded-Host: a\r\n",
                        "X-Request-ID: mine\r\n")
                .doesNotContain("10.0.0.1");
    }

    @Test
    void aRequestInAbsoluteFormCountsByItsOwnAuthority() throws Exception {
        assertThat(get("http://other.example:81/x", "Host: a")).startsWith("HTTP/1.1 200 ");
        assertThat(target.heads())
                .singleElement()
                .asString()
                .startsWith("GET /x HTTP/1.1\r\n")
                .contains("Host: other.example:81\r\n");
    }

    @Test
    void trailersPassBothWays() throws Exception {
        target.script(exchange -> {
            String body = "";
            while (!body.endsWith("\r\n\r\n")) {
                body += (char) exchange.in().read();
            }
            String answer = body.contains("X-Sum: 1\r\n") ? "X-Check: good" : "X-Check: bad";
            exchange.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + answer + "\r\n\r\n");
            return true;
        });
        try (Wire client = client()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n");
            assertThat(client.readToEnd()).endsWith("0\r\nX-Check: good\r\n\r\n");
        }
    }

    @Test
    void anOfferToUpgradeToHttp2IsIgnored() throws Exception {
        assertThat(
                        get(
                                "/",
                                "Host: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(target.heads()).singleElement().asString().doesNotContain("Upgrade", "HTTP2-Settings");
    }

    @ParameterizedTest
    @ValueSource(strings = {"204 No Content", "304 Not Modified"})
    void aResponseWithoutABodyHasNone(String status) throws Exception {
        target.script(exchange -> {
            exchange.send("HTTP/1.1 " + status + "\r\nETag: x\r\n\r\n");
            return true;
        });
        assertThat(get("/", "Host: a"))
                .startsWith("HTTP/1.1 " + status)
                .endsWith("\r\n\r\n")
                .contains("ETag: x");
    }

    @Test
    void theLengthOfAHeadResponseIsTheTargets() throws Exception {
        target.script(exchange -> {
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
            return true;
        });
        try (Wire client = client()) {
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(client.readToEnd()).contains("Content-Length: 1234").endsWith("\r\n\r\n");
        }
    }

    @Test
    void anEventIsPassedOnWhileTheStreamGoesOn() throws Exception {
        target.script(exchange -> {
            exchange.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "9\r\ndata: 1\n\n\r\n");
            return target.readToEnd(exchange);
        });
        try (Wire client = client()) {
            assertThat(client.send(GET).readHead()).contains("text/event-stream");
            assertThat(client.readUntil("data: 1\n\n")).endsWith("data: 1\n\n");
        }
        target.awaitClosed();
    }

    @Test
    void anHttp2RequestKeepsItsAuthorityAndItsBodyOfUnknownLength() throws Exception {
        target.script(exchange -> {
            String body = "";
            while (!body.endsWith("0\r\n\r\n")) {
                body += (char) exchange.in().read();
            }
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (body.contains("abc") ? "ok" : "no"));
            return true;
        });
        HttpClient http2 = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
        http2.start();
        try {
            AsyncRequestContent body = new AsyncRequestContent() {
                @Override
                public long getLength() {
                    return -1;
                }
            };
            Request request = http2.newRequest("http://127.0.0.1:" + proxy.port() + "/x?y")
                    .method(HttpMethod.POST)
                    .body(body)
                    .timeout(10, TimeUnit.SECONDS);
            CompletableFuture<ContentResponse> response = new CompletableResponseListener(request).send();
            body.write(StandardCharsets.US_ASCII.encode("abc"), Callback.NOOP);
            body.close();
            assertThat(response.get(10, TimeUnit.SECONDS).getContentAsString()).isEqualTo("ok");
        } finally {
            LifeCycle.stop(http2);
        }
        assertThat(target.heads())
                .singleElement()
                .asString()
                .startsWith("POST /x?y HTTP/1.1\r\n")
                .contains("Host: 127.0.0.1:" + proxy.port() + "\r\n", "Transfer-Encoding: chunked\r\n");
        RequestSummary summary = awaitEnded();
        assertThat(summary.protocol()).isEqualTo("HTTP/2.0");
        assertThat(summary.requestBytes()).isEqualTo(3);
        assertThat(summary.responseBytes()).isEqualTo(2);
    }

    @Test
    void anErrorOfTheProxyIsHtmlUnlessTheClientPrefersAnother() throws Exception {
        proxy.services().remove("app");
        assertThat(get("/", "Host: a")).startsWith("HTTP/1.1 404 ").contains("text/html", "made by the proxy");
        assertThat(get("/", "Host: a\r\nAccept: */*")).contains("text/html");
        assertThat(get("/", "Host: a\r\nAccept: application/json")).contains("application/json", "\"status\":404");
        assertThat(get("/", "Host: a\r\nAccept: text/plain")).contains("text/plain", "404 Not Found");
    }

    private String get(String path, String fields) throws Exception {
        try (Wire client = client()) {
            String close = fields.contains("Connection:") ? "" : "Connection: close\r\n";
            client.send("GET " + path + " HTTP/1.1\r\n" + fields + "\r\n" + close + "\r\n");
            return close.isEmpty() ? client.readResponse() : client.readToEnd();
        }
    }
}
