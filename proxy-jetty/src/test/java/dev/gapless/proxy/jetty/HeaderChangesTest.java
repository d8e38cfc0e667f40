package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.ServiceOptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Rules and cookie paths, as both sides get to see them. */
class HeaderChangesTest extends ProxyScaffold {
    private static final HeaderRules RULES = HeaderRules.builder()
            .set("X-Set", "new")
            .add("X-Added", "second")
            .remove("X-Removed")
            .build();

    private static final String ANSWER = "HTTP/1.1 200 OK\r\nX-Set: old\r\nx-set: older\r\nX-Added: first\r\n"
            + "X-Removed: 1\r\nx-removed: 2\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok";

    private RawTarget serve(String answer, HeaderOptions.Builder headers) throws Exception {
        return serve(
                RawTarget.answering(answer),
                ServiceOptions.builder().headers(headers.build()).build());
    }

    private RawTarget serveApi(String answer) throws Exception {
        return serve(
                RawTarget.answering(answer),
                ServiceOptions.builder()
                        .pathPrefix("/api")
                        .headers(HeaderOptions.builder().scopeCookiePaths(true).build())
                        .build());
    }

    @Test
    void requestsAreChangedByTheirRulesInOrder() throws Exception {
        RawTarget target = serve(ANSWER, HeaderOptions.builder().requestRules(RULES));

        RawMessage response = client().get(
                        "/",
                        "X-Set: old",
                        "x-set: older",
                        "X-Added: first",
                        "X-Removed: 1",
                        "x-removed: 2",
                        "X-Kept: 1");

        RawMessage request = target.taken();
        assertThat(request.all("X-Set")).containsExactly("new");
        assertThat(request.all("X-Added")).containsExactly("first", "second");
        assertThat(request.all("X-Removed")).isEmpty();
        assertThat(request.all("X-Kept")).containsExactly("1");
        assertThat(response.all("X-Set")).containsExactly("old", "older");
    }

    @Test
    void requestsOverHttp2AreChangedByTheirRules() throws Exception {
        RawTarget target = serve(RawTarget.OK, HeaderOptions.builder().requestRules(RULES));

        http2().get("/", "x-set", "old", "x-added", "first", "x-removed", "1");

        RawMessage request = target.taken();
        assertThat(request.all("X-Set")).containsExactly("new");
        assertThat(request.all("X-Added")).containsExactly("first", "second");
        assertThat(request.all("X-Removed")).isEmpty();
    }

    /** Rules come last: whoever runs the proxy may overrule what it says of itself. */
    @Test
    void rulesChangeWhatTheProxyAddsToo() throws Exception {
        RawTarget target = serve(
                RawTarget.OK,
                HeaderOptions.builder()
                        .requestRules(HeaderRules.builder()
                                .remove("x-kamal-target")
                                .set("X-Forwarded-Proto", "https")
                                .set("X-First", "1")
                                .remove("X-First")
                                .build()));

        client().get("/");

        RawMessage request = target.taken();
        assertThat(request.all("X-Kamal-Target")).isEmpty();
        assertThat(request.all("X-Forwarded-Proto")).containsExactly("https");
        assertThat(request.all("X-First")).isEmpty();
    }

    @Test
    void bodiesPassWhateverTheRules() throws Exception {
        RawTarget target =
                serve(ANSWER, HeaderOptions.builder().requestRules(RULES).responseRules(RULES));

        RawMessage response = client().send(
                        RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n")
                .read();

        assertThat(target.taken().text()).isEqualTo("abc");
        assertThat(response.text()).isEqualTo("ok");
    }

    @Test
    void responsesAreChangedByTheirRules() throws Exception {
        RawTarget target = serve(ANSWER, HeaderOptions.builder().responseRules(RULES));

        RawMessage response = client().get("/", "X-Removed: 1");

        assertThat(response.all("X-Set")).containsExactly("new");
        assertThat(response.all("X-Added")).containsExactly("first", "second");
        assertThat(response.all("X-Removed")).isEmpty();
        assertThat(response.all("X-Kept")).containsExactly("1");
        assertThat(target.taken().field("X-Removed")).isEqualTo("1");
    }

    @Test
    void responsesOverHttp2AreChangedByTheirRules() throws Exception {
        serve(ANSWER, HeaderOptions.builder().responseRules(RULES));

        Http2Client.Response response = http2().get("/");

        assertThat(response.fields().getValuesList("x-set")).containsExactly("new");
        assertThat(response.fields().getValuesList("x-added")).containsExactly("first", "second");
        assertThat(response.fields().getValuesList("x-removed")).isEmpty();
        assertThat(response.text()).isEqualTo("ok");
    }

    @Test
    void theProxysOwnErrorsAndInterimResponsesAreNotChanged() throws Exception {
        serve(
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-Removed: 1\r\n\r\nnonsense\r\n\r\n",
                HeaderOptions.builder().responseRules(RULES));
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 0"));

        RawMessage hints = client.readHead();
        RawMessage error = client.read();

        assertThat(hints.names()).contains("x-removed").doesNotContain("x-set");
        assertThat(error.status()).isEqualTo(502);
        assertThat(error.names()).doesNotContain("x-set", "x-added");
    }

    @Test
    void cookiesAreScopedToThePrefixThatIsTakenOff() throws Exception {
        serveApi("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; Odd\r\nX-Between: 1\r\nset-cookie: b=2; HttpOnly\r\n"
                + "Set-Cookie: c=3; Path=/admin; Domain=EXAMPLE.com\r\nSet-Cookie: d=4; Path=/; Domain=other.example\r\n"
                + "Set-Cookie: __Host-e=5; Path=/; Secure\r\nSet-Cookie:\r\nContent-Length: 2\r\n\r\nok");

        RawMessage response = client().get("/api/x");

        assertThat(response.all("Set-Cookie"))
                .startsWith(
                        "a=1; Path=/api; Odd",
                        "b=2; HttpOnly; Path=/api",
                        "c=3; Path=/api/admin; Domain=EXAMPLE.com",
                        "d=4; Path=/; Domain=other.example",
                        "__Host-e=5; Path=/; Secure");
        assertThat(response.field("X-Between")).isEqualTo("1");
    }

    @Test
    void cookiesAreScopedOverHttp2() throws Exception {
        serveApi("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok");

        assertThat(http2().get("/api").fields().getValuesList("set-cookie"))
                .containsExactly("a=1; Path=/api", "b=2; Path=/api");
    }

    /** Browsers compare a cookie's path with the path as they have sent it. */
    @Test
    void thePrefixIsWrittenAsTheClientWroteIt() throws Exception {
        serveApi("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/x\r\nContent-Length: 2\r\n\r\nok");
        RawClient client = client();

        assertThat(client.get("/%61pi/y").field("Set-Cookie")).isEqualTo("a=1; Path=/%61pi/x");
        assertThat(client.get("/ap%69?q=/").field("Set-Cookie")).isEqualTo("a=1; Path=/ap%69/x");
        assertThat(client.get("/api/").field("Set-Cookie")).isEqualTo("a=1; Path=/api/x");
        assertThat(client.get("/api/api").field("Set-Cookie")).isEqualTo("a=1; Path=/api/x");
    }

    @Test
    void cookiesAreLeftAloneWhereNothingIsTakenOff() throws Exception {
        String answer = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 2\r\n\r\nok";
        HeaderOptions scoping = HeaderOptions.builder().scopeCookiePaths(true).build();
        serve(
                RawTarget.answering(answer),
                ServiceOptions.builder()
                        .pathPrefix("/api")
                        .stripPathPrefix(false)
                        .headers(scoping)
                        .build());
        assertThat(client().get("/api/x").field("Set-Cookie")).isEqualTo("a=1; Path=/");

        serve(
                RawTarget.answering(answer),
                ServiceOptions.builder().headers(scoping).build());
        assertThat(client().get("/x").field("Set-Cookie")).isEqualTo("a=1; Path=/");

        serve(
                RawTarget.answering(answer),
                ServiceOptions.builder().pathPrefix("/api").build());
        assertThat(client().get("/api/x").field("Set-Cookie")).isEqualTo("a=1; Path=/");
    }

    @Test
    void rulesForResponsesComeAfterTheScoping() throws Exception {
        serve(
                RawTarget.answering("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nok"),
                ServiceOptions.builder()
                        .pathPrefix("/api")
                        .headers(HeaderOptions.builder()
                                .scopeCookiePaths(true)
                                .responseRules(HeaderRules.builder()
                                        .add("Set-Cookie", "own=1; Path=/")
                                        .build())
                                .build())
                        .build());

        assertThat(client().get("/api").all("Set-Cookie")).containsExactly("a=1; Path=/api", "own=1; Path=/");
    }
}
