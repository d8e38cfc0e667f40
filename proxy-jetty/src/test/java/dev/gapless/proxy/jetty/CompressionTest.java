package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Which responses are compressed, and what becomes of their heads. */
class CompressionTest extends CompressionScaffold {
    private static final String GZIP = "Accept-Encoding: gzip";
    private static final String HTML = "Content-Type: text/html; charset=utf-8";

    private void answer(String response) throws IOException {
        serve(RawTarget.answering(response), compressing());
    }

    private void serve(RawTarget target, ServiceOptions.Builder options) {
        serve(Protocol.HTTP_1_1, target, options);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void eachCodingIsWhatItsOwnLibraryDecodes(String coding) throws Exception {
        answer(text(HTML));

        RawMessage response = client().get("/", "Accept-Encoding: " + coding);

        assertThat(response.field("Content-Encoding")).isEqualTo(coding);
        assertThat(response.body()).hasSizeLessThan(TEXT.length() / 4);
        assertThat(Decoded.text(response)).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void aCodingWithoutPaddingIsDecodedAsWell(String coding) throws Exception {
        serve(
                RawTarget.answering(text(HTML)),
                compressing(CompressionOptions.builder().maxPadding(0)));
        RawClient client = client();

        RawMessage first = client.get("/", "Accept-Encoding: " + coding);
        RawMessage second = client.get("/", "Accept-Encoding: " + coding);

        assertThat(Decoded.text(first)).isEqualTo(TEXT);
        assertThat(second.body()).isEqualTo(first.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void theSameBodyIsOfAnotherLengthEachTime(String coding) throws Exception {
        answer(text(HTML));
        RawClient client = client();
        Set<Integer> lengths = new HashSet<>();

        for (int i = 0; i < 40; i++) {
            RawMessage response = client.get("/", "Accept-Encoding: " + coding);
            assertThat(Decoded.text(response)).isEqualTo(TEXT);
            lengths.add(response.body().length);
        }

        // 40 times the same of 101 lengths, twice at most: a chance of less than one in 10^60.
        assertThat(lengths).hasSizeGreaterThan(10);
        assertThat(lengths.stream().max(Integer::compare).orElseThrow()
                        - lengths.stream().min(Integer::compare).orElseThrow())
                .isLessThan(120);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void clientsOfAnyProtocolGetIt(Protocol protocol) throws Exception {
        serve(protocol, RawTarget.answering(text(HTML, "ETag: \"v1\"")), compressing());

        AnyClient.Sent sent = client(protocol).begin("GET", "/", true, "Accept-Encoding", "gzip");

        AnyClient.Head head = sent.finalHead();
        assertThat(head.all("content-encoding")).containsExactly("gzip");
        assertThat(head.all("vary")).containsExactly("Accept-Encoding");
        assertThat(head.all("etag")).containsExactly("W/\"v1\"");
        assertThat(Decoded.whole("gzip", sent.rest().getBytes(ISO_8859_1)))
                .asString()
                .isEqualTo(TEXT);
    }

    @Test
    void aServiceThatIsNotToldToDoesNot() throws Exception {
        RawTarget target = serve(RawTarget.answering(text(HTML)));

        RawMessage response = client().get("/", "Accept-Encoding: gzip, foo");

        assertThat(response.names()).doesNotContain("content-encoding", "vary");
        assertThat(response.text()).isEqualTo(TEXT);
        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("gzip, foo");
    }

    @Test
    void typesThatGainFromItAreCompressed() throws Exception {
        assertPass(
                "gzip",
                "Accept-Encoding",
                "text/html",
                "TEXT/Plain ; charset=utf-8",
                "text/css",
                "text/csv",
                "application/json",
                "application/problem+json;x=y",
                "application/xml",
                "application/javascript",
                "text/javascript",
                "image/svg+xml",
                "application/atom+xml",
                "application/wasm",
                "application/manifest+json",
                "application/x-ndjson",
                "font/ttf",
                "font/otf",
                "image/x-icon");
    }

    @Test
    void otherTypesAreNot() throws Exception {
        assertPass(
                null,
                null,
                "font/woff2",
                "font/woff",
                "image/png",
                "image/jpeg",
                "video/mp4",
                "application/zip",
                "application/gzip",
                "application/pdf",
                "application/octet-stream",
                "application/jsonp",
                "texts/html",
                "text",
                "text/event-stream",
                "Text/Event-Stream;charset=utf-8",
                "application/grpc",
                "application/grpc+json",
                "application/grpc-web+json");
    }

    private void assertPass(@Nullable String coding, @Nullable String vary, String... types) throws Exception {
        serve(
                RawTarget.answering(
                        (request, connection) -> connection.send(text("Content-Type: " + request.field("Want")))),
                compressing());
        for (String type : types) {
            RawMessage response = client().get("/", GZIP, "Want: " + type);

            assertThat(response.field("Content-Type")).isEqualTo(type);
            assertThat(response.field("Content-Encoding")).as(type).isEqualTo(coding);
            assertThat(response.field("Vary")).as(type).isEqualTo(vary);
        }
    }

    @Test
    void theOptionsSayWhichTypesAndSizes() throws Exception {
        CompressionOptions.Builder options =
                CompressionOptions.builder().types(List.of("image/*", "*+zip")).minBytes(3);
        RawTarget target = RawTarget.answering((request, connection) -> connection.send(
                response("x".repeat(request.requestTarget().length()), "Content-Type: " + request.field("Want"))));
        serve(target, compressing(options));
        RawClient client = client();

        assertThat(client.get("/12", GZIP, "Want: image/png").field("Content-Encoding"))
                .isEqualTo("gzip");
        assertThat(client.get("/12", GZIP, "Want: application/epub+zip").field("Content-Encoding"))
                .isEqualTo("gzip");
        assertThat(client.get("/1", GZIP, "Want: image/png").field("Content-Encoding"))
                .isNull();
        assertThat(client.get("/12", GZIP, "Want: text/html").field("Content-Encoding"))
                .isNull();
    }

    /** Each row: what it is about, the response, how it passes. */
    static Stream<Arguments> rules() {
        String length = "Content-Length: " + TEXT.length();
        return Stream.of(
                rule("an error page", "404 Not Found", Passes.COMPRESSED, HTML, length),
                rule("a page of a server's error", "500 Oops", Passes.COMPRESSED, HTML, length),
                rule("no type", "200 OK", Passes.AS_IT_IS, length),
                rule(
                        "a body with a coding (never twice)",
                        "200 OK",
                        Passes.AS_IT_IS,
                        HTML,
                        length,
                        "Content-Encoding: br"),
                rule(
                        "a coding of the target's own",
                        "200 OK",
                        Passes.AS_IT_IS,
                        HTML,
                        length,
                        "Content-Encoding: aes128gcm"),
                rule(
                        "no-transform (RFC 9110, 7.7)",
                        "200 OK",
                        Passes.AS_IT_IS,
                        HTML,
                        length,
                        "Cache-Control: public, No-Transform"),
                rule("a part (206)", "206 Partial", Passes.WITH_VARY, HTML, length, "Content-Range: bytes 0-4/9"),
                rule("no part (416)", "416 No", Passes.WITH_VARY, HTML, length, "Content-Range: bytes */9"),
                rule("a file to be sent", "200 OK", Passes.AS_IT_IS, HTML, length, "X-Sendfile: /x"),
                rule("a file of nginx's", "200 OK", Passes.AS_IT_IS, HTML, length, "X-Accel-Redirect: /x"),
                rule("without content (204)", "204 No Content", Passes.AS_IT_IS, HTML),
                rule("reset content (205)", "205 Reset", Passes.AS_IT_IS, HTML, "Content-Length: 0"),
                rule("short", "200 OK", Passes.AS_IT_IS, HTML, "Content-Length: 1023"),
                rule("just long enough", "200 OK", Passes.COMPRESSED, HTML, "Content-Length: 1024"),
                rule("empty", "200 OK", Passes.AS_IT_IS, HTML, "Content-Length: 0"),
                rule("a length that is not said", "200 OK", Passes.COMPRESSED, HTML, "Connection: close"),
                rule("Vary: *", "200 OK", Passes.COMPRESSED, HTML, length, "Vary: *"),
                rule(
                        "a stream that nobody may buffer",
                        "200 OK",
                        Passes.COMPRESSED,
                        HTML,
                        length,
                        "X-Accel-Buffering: no"));
    }

    enum Passes {
        COMPRESSED,
        WITH_VARY,
        AS_IT_IS
    }

    private static Arguments rule(String what, String status, Passes passes, String... lines) {
        int length = Stream.of(lines)
                .filter(line -> line.startsWith("Content-Length: "))
                .mapToInt(line -> Integer.parseInt(line.substring(16)))
                .findFirst()
                .orElse(status.startsWith("204") ? 0 : TEXT.length());
        return Arguments.of(
                what,
                "HTTP/1.1 " + status + "\r\n" + String.join("\r\n", lines) + "\r\n\r\n" + TEXT.substring(0, length),
                TEXT.substring(0, length),
                passes);
    }

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("rules")
    void eachRule(String what, String answer, String body, Passes passes) throws Exception {
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send(answer);
                    if (!answer.contains("Content-Length")) {
                        connection.close();
                    }
                }),
                compressing());

        RawMessage response = client().get("/", GZIP);

        boolean compressed = passes == Passes.COMPRESSED;
        assertThat("gzip".equals(response.field("Content-Encoding"))).isEqualTo(compressed);
        assertThat(compressed ? Decoded.text(response) : response.text()).isEqualTo(body);
        assertThat(response.names().contains("vary")).isEqualTo(passes != Passes.AS_IT_IS);
    }

    @Test
    void responsesToConversationsAndToWhoWantsThemUnchangedPassAsTheyAre() throws Exception {
        RawTarget target = RawTarget.answering(text(HTML));
        serve(target, compressing());
        String several = "Accept-Encoding: gzip, foo";

        for (String line : List.of(
                "Cache-Control: max-age=0, no-transform",
                "Connection: Upgrade\r\nUpgrade: other",
                "Content-Type: application/grpc")) {
            RawMessage response = client().get("/", several, line);
            assertThat(response.names()).as(line).doesNotContain("content-encoding", "vary");
            assertThat(target.taken().field("Accept-Encoding")).as(line).isEqualTo("gzip, foo");
        }
    }

    @Test
    void aClientOfHttp10GetsBodiesWhoseEndItCanTell() throws Exception {
        answer(text(HTML));

        RawMessage response = client().send("GET / HTTP/1.0\r\nHost: a\r\n" + GZIP + "\r\n\r\n")
                .read();

        assertThat(response.names()).doesNotContain("content-encoding");
        assertThat(response.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(response.text()).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "gzip, deflate, br, zstd|zstd",
                "gzip, deflate, br|br",
                "gzip;q=0.5|gzip",
                "x-gzip|gzip",
                "deflate|identity",
                "gzip;q=0|identity",
                "gzip;q=what|identity",
                "-|identity"
            })
    void aTargetIsAskedForTheOneCodingThatTheClientGets(String accepted, String asked) throws Exception {
        RawTarget target = RawTarget.answering(RawTarget.OK);
        serve(target, compressing());

        client().get("/", accepted == null ? "X: y" : "Accept-Encoding: " + accepted);

        assertThat(target.taken().field("Accept-Encoding")).isEqualTo(asked);
    }

    @Test
    void whatTheTargetHasCompressedPassesAsItIs() throws Exception {
        answer(text(HTML, "Content-Encoding: gzip", "ETag: \"v1\"", "Vary: Accept-Encoding", "Accept-Ranges: bytes"));

        RawMessage response = client().get("/", GZIP);

        assertThat(response.text()).isEqualTo(TEXT); // Which is no gzip, but that is the target's affair.
        assertThat(response.field("ETag")).isEqualTo("\"v1\"");
        assertThat(response.field("Accept-Ranges")).isEqualTo("bytes");
        assertThat(response.field("Content-Length")).isEqualTo(String.valueOf(TEXT.length()));
    }

    @Test
    void theHeadSaysWhatTheBodyHasBecome() throws Exception {
        answer(text(
                HTML,
                "ETag: \"v1\"",
                "Accept-Ranges: bytes",
                "Content-Digest: sha-256=:AA==:",
                "Repr-Digest: sha-256=:AA==:",
                "Digest: sha-256=AA",
                "Content-MD5: AA==",
                "Last-Modified: Sat, 21 Nov 2026 10:00:00 GMT",
                "Vary: Cookie",
                "Set-Cookie: a=b"));

        RawMessage response = client().get("/", GZIP);

        assertThat(response.names())
                .doesNotContain("accept-ranges", "content-digest", "repr-digest", "digest", "content-md5");
        assertThat(response.field("ETag")).isEqualTo("W/\"v1\"");
        assertThat(response.field("Last-Modified")).isEqualTo("Sat, 21 Nov 2026 10:00:00 GMT");
        assertThat(response.field("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(response.field("Set-Cookie")).isEqualTo("a=b");
        assertThat(response.all("Vary")).containsExactly("Cookie", "Accept-Encoding");
        String length = response.field("Content-Length");
        assertThat(length == null || Integer.parseInt(length) == response.body().length)
                .isTrue();
    }

    @Test
    void whoGetsTheBodyAsItIsGetsItsHeadButForVary() throws Exception {
        answer(text(HTML, "ETag: \"v1\"", "Accept-Ranges: bytes", "Content-Digest: sha-256=:AA==:"));

        RawMessage response = client().get("/");

        assertThat(response.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(response.field("ETag")).isEqualTo("\"v1\"");
        assertThat(response.field("Accept-Ranges")).isEqualTo("bytes");
        assertThat(response.field("Content-Digest")).isEqualTo("sha-256=:AA==:");
        assertThat(response.field("Content-Length")).isEqualTo(String.valueOf(TEXT.length()));
        assertThat(response.text()).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {"W/\"v1\"|W/\"v1\"", "\"v1\"|W/\"v1\"", "v1|-", "-|-"})
    void aStrongTagBecomesWeak(String tag, String made) throws Exception {
        answer(tag == null ? text(HTML) : text(HTML, "ETag: " + tag));

        assertThat(client().get("/", GZIP).field("ETag")).isEqualTo(made);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Accept-Encoding", "accept-encoding, Cookie", "Origin,Accept-Encoding", "*"})
    void varyIsNotSaidTwice(String vary) throws Exception {
        answer(text(HTML, "Vary: " + vary));

        assertThat(client().get("/", GZIP).all("Vary")).containsExactly(vary);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"W/\"v1\"|W/\"v1\"", "\"v0\", W/\"v1\"|W/\"v1\"", "\"v1\"|\"v1\"", "W/\"v10\"|\"v1\"", "*|\"v1\""})
    void aResponseThatHasNotChangedNamesTheTagAsTheClientDoes(String known, String said) throws Exception {
        RawTarget target = RawTarget.answering("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
        serve(target, compressing());

        RawMessage response = client().get("/", GZIP, "If-None-Match: " + known);

        assertThat(target.taken().field("If-None-Match")).isEqualTo(known);
        assertThat(response.status()).isEqualTo(304);
        assertThat(response.field("ETag")).isEqualTo(said);
        assertThat(response.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(response.names()).doesNotContain("content-encoding");
    }

    @Test
    void anUnchangedImageIsAsItWas() throws Exception {
        answer("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nContent-Type: image/png\r\n\r\n");

        assertThat(client().get("/", GZIP, "If-None-Match: \"v1\"").names()).doesNotContain("vary");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void theHeadAloneIsThatOfTheWhole(Protocol protocol) throws Exception {
        serve(
                protocol,
                RawTarget.answering((request, connection) -> connection.send(
                        request.method().equals("HEAD")
                                ? text(HTML, "ETag: \"v1\"", "Accept-Ranges: bytes")
                                        .replace(TEXT, "")
                                : text(HTML, "ETag: \"v1\"", "Accept-Ranges: bytes"))),
                compressingStreams());
        AnyClient client = client(protocol);

        AnyClient.Sent whole = client.begin("GET", "/", true, "Accept-Encoding", "gzip");
        AnyClient.Head ofWhole = whole.finalHead();
        whole.rest();
        AnyClient.Sent alone = client.begin("HEAD", "/", true, "Accept-Encoding", "gzip");
        AnyClient.Head head = alone.finalHead();

        assertThat(alone.rest()).isEmpty();
        assertThat(head.status()).isEqualTo(200);
        assertThat(withoutFraming(head)).containsExactlyElementsOf(withoutFraming(ofWhole));
        assertThat(head.all("content-encoding")).containsExactly("gzip");
        assertThat(head.all("content-length")).isEmpty();
    }

    private static List<String> withoutFraming(AnyClient.Head head) {
        return head.fields().stream()
                .filter(field -> !field.startsWith("transfer-encoding"))
                .sorted()
                .toList();
    }

    @Test
    void whoHasSecretsIsCompressedForUnlessTheOptionsSayNo() throws Exception {
        RawTarget target = RawTarget.answering(text(HTML));
        serve(target, compressing());
        assertThat(client().get("/", GZIP, "Cookie: a=b").field("Content-Encoding"))
                .isEqualTo("gzip");
        target.taken();

        serve(target, compressing(CompressionOptions.builder().authenticated(false)));

        for (String secret : List.of("Cookie: a=b", "Authorization: Basic YTpi")) {
            RawMessage response = client().get("/", GZIP, secret);
            assertThat(response.names()).as(secret).doesNotContain("content-encoding");
            assertThat(response.field("Vary")).as(secret).isEqualTo("Accept-Encoding");
            assertThat(target.taken().field("Accept-Encoding")).as(secret).isEqualTo("identity");
        }
        assertThat(client().get("/", GZIP).field("Content-Encoding")).isEqualTo("gzip");
    }

    @Test
    void theServicesOrderOfCodingsCounts() throws Exception {
        serve(
                RawTarget.answering(text(HTML)),
                compressing(CompressionOptions.builder().codings(ContentCoding.GZIP, ContentCoding.BROTLI)));

        assertThat(client().get("/", "Accept-Encoding: zstd, br, gzip").field("Content-Encoding"))
                .isEqualTo("gzip");
        assertThat(client().get("/", "Accept-Encoding: zstd").names()).doesNotContain("content-encoding");
    }

    @Test
    void rulesForResponsesComeBefore() throws Exception {
        HeaderRules rules =
                HeaderRules.builder().set("Cache-Control", "no-transform").build();
        serve(
                RawTarget.answering(text(HTML)),
                compressing()
                        .headers(HeaderOptions.builder().responseRules(rules).build()));

        assertThat(client().get("/", GZIP).names()).doesNotContain("content-encoding", "vary");
    }

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void trailersFollowButForDigestsOfTheBody(Protocol protocol) throws Exception {
        serve(
                RawTarget.answering("HTTP/1.1 200 OK\r\n" + HTML
                        + "\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checked, Content-Digest\r\n\r\n" + chunk(TEXT)
                        + "0\r\nX-Checked: yes\r\nContent-Digest: sha-256=:AA==:\r\n\r\n"),
                compressing());

        if (protocol.isHttp2()) {
            Http2Client.Response response = http2().get("/", "Accept-Encoding", "gzip");
            assertThat(response.trailers().asString()).contains("yes").doesNotContain("sha-256");
        } else {
            RawMessage response = client().get("/", GZIP);
            assertThat(response.trailers()).containsExactly("X-Checked: yes");
            assertThat(Decoded.text(response)).isEqualTo(TEXT);
        }
    }

    @ParameterizedTest
    @EnumSource(Buffering.class)
    void bufferedOrNotItIsTheSame(Buffering buffering) throws Exception {
        ServiceOptions.Builder options = compressing()
                .bodies(BodyOptions.builder()
                        .responseBuffering(buffering)
                        .bufferMemory(2000)
                        .build());
        String large = TEXT.repeat(50);
        serve(
                RawTarget.answering((request, connection) ->
                        connection.send(response(request.requestTarget().equals("/large") ? large : TEXT, HTML))),
                options);
        RawClient client = client();

        assertThat(Decoded.text(client.get("/", GZIP))).isEqualTo(TEXT);
        assertThat(Decoded.text(client.get("/large", GZIP))).isEqualTo(large);
        assertThat(client.get("/large").text()).isEqualTo(large);
    }

    @Test
    void anEmptyBodyOfUnknownLengthIsDecodedAsEmpty() throws Exception {
        answer("HTTP/1.1 200 OK\r\n" + HTML + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");

        for (String coding : List.of("gzip", "br", "zstd")) {
            assertThat(Decoded.text(client().get("/", "Accept-Encoding: " + coding)))
                    .as(coding)
                    .isEmpty();
        }
    }

    @Test
    void bytesThatCannotBeCompressedComeThrough() throws Exception {
        byte[] noise = new byte[300_000];
        new java.util.SplittableRandom(7).nextBytes(noise);
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + noise.length + "\r\n" + HTML + "\r\n\r\n");
                    connection.send(noise);
                }),
                compressing());

        for (String coding : List.of("gzip", "br", "zstd")) {
            RawMessage response = client().get("/", "Accept-Encoding: " + coding);
            assertThat(Arrays.equals(Decoded.whole(coding, response.body()), noise))
                    .as(coding)
                    .isTrue();
        }
    }
}
