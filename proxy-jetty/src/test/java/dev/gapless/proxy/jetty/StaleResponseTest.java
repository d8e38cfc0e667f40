package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What is stored and not fresh any more: validated, used meanwhile, or instead of an answer that fails. */
class StaleResponseTest extends CacheScaffold {
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Test
    void aStaleResponseIsUsedWhileItIsValidated() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> {
            if (asked.get() > 1) {
                RawTarget.awaitUninterrupted(goOn);
            }
            connection.send(response(
                    200, "v" + asked.get(), "Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"x\""));
        }));
        client().get("/");
        target.taken();
        time.advance(Duration.ofSeconds(70));

        assertThat(client().get("/").text()).isEqualTo("v1");
        assertThat(client().get("/").text()).isEqualTo("v1");
        assertThat(target.taken().field("If-None-Match")).isEqualTo("\"x\"");
        assertThat(requestsInFlight()).isEqualTo(1);
        goOn.countDown();

        idle();
        assertThat(client().get("/").text()).isEqualTo("v2");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aFileThatARevalidationNamesIsNotTakenForItsEmptyBody(@TempDir Path root) throws Exception {
        Path file = Files.writeString(root.resolve("new"), "new");
        serveCached(
                counting((request, connection) -> connection.send(
                        asked.get() == 1
                                ? response(
                                        200,
                                        "old",
                                        "Cache-Control: max-age=60, stale-while-revalidate=60",
                                        "ETag: \"x\"")
                                : fresh("", "X-Sendfile: " + file))),
                cached().sendfile(SendfileOptions.below(root)).build());
        client().get("/");
        time.advance(Duration.ofSeconds(70));
        assertThat(client().get("/").text())
                .as("stale, with the target asked meanwhile")
                .isEqualTo("old");
        idle();
        time.advance(Duration.ofSeconds(60));

        assertThat(client().get("/").text()).isEqualTo("new");
    }

    private static ServiceOptions upTo(int bytes) {
        return cached().bodies(BodyOptions.builder().maxResponseBytes(bytes).build())
                .build();
    }

    /** A 304 may say how long a body would be, and has none. */
    @Test
    void a304ConfirmsHoweverLongItSaysThatTheBodyIs() throws Exception {
        RawTarget target = serveCached(
                counting((request, connection) -> connection.send(
                        request.field("If-None-Match") == null
                                ? fresh("one", "ETag: \"x\"")
                                : "HTTP/1.1 304 X\r\nETag: \"x\"\r\nContent-Length: 1000\r\n\r\n")),
                upTo(100));
        RawClient client = client();
        client.get("/");
        for (int i = 0; i < 3; i++) {
            time.advance(Duration.ofSeconds(61));

            RawMessage validated = client.get("/");
            idle();

            assertThat(validated.status()).isEqualTo(200);
            assertThat(validated.text()).isEqualTo("one");
        }
        assertThat(target.usedConnections()).isEqualTo(1);
    }

    /** As what comes instead of it is: whoever asks for it is told. */
    @Test
    void whatHasBecomeTooLongMeanwhileIsNotUsedAnyMore() throws Exception {
        serveCached(
                counting((request, connection) -> connection.send(
                        asked.get() == 1
                                ? response(200, "one", "Cache-Control: max-age=60, stale-while-revalidate=60")
                                : fresh("x".repeat(1000)))),
                upTo(100));
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        assertThat(client().get("/").text()).isEqualTo("one");
        idle();
        assertThat(client().get("/").status()).isEqualTo(500);
    }

    /** Its client has not asked whether anything has changed, but for all of it. */
    @Test
    void whatIsStillRightIsSentThoughTheTargetNamesAFileAsItSaysSo(@TempDir Path root) throws Exception {
        Path file = Files.writeString(root.resolve("file"), "file");
        serveCached(
                counting((request, connection) -> connection.send(
                        request.field("If-None-Match") == null
                                ? fresh("one", "ETag: \"x\"")
                                : "HTTP/1.1 304 X\r\nETag: \"x\"\r\nX-Sendfile: " + file + "\r\n\r\n")),
                cached().sendfile(SendfileOptions.below(root)).build());
        client().get("/");
        time.advance(Duration.ofSeconds(61));

        RawMessage validated = client().get("/");

        assertThat(validated.status()).isEqualTo(200);
        assertThat(validated.text()).isEqualTo("one");
        assertThat(validated.names()).doesNotContain("x-sendfile");
        assertThat(client().get("/").names()).doesNotContain("x-sendfile");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aDrainCutsARevalidation() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> {
            if (asked.get() > 1) {
                RawTarget.awaitUninterrupted(goOn);
            }
            connection.send(
                    response(200, "one", "Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"x\""));
        }));
        client().get("/");
        target.taken();
        time.advance(Duration.ofSeconds(70));
        client().get("/");
        target.taken();

        proxy.services().pause("app", Duration.ZERO, Duration.ofSeconds(5));

        idle();
        goOn.countDown();
    }

    @Test
    void aRevalidationThatFailsIsNotRepeatedAtOnce() throws Exception {
        serveCached(counting((request, connection) -> connection.send(
                asked.get() == 1
                        ? response(200, "one", "Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"x\"")
                        : response(500, "no"))));
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        for (int i = 0; i < 5; i++) {
            assertThat(client().get("/").text()).isEqualTo("one");
            idle();
        }

        assertThat(asked).hasValue(2);
    }

    @Test
    void aStaleResponseStandsInForOneThatFails() throws Exception {
        serveCached(counting((request, connection) -> connection.send(
                asked.get() == 1
                        ? response(200, "one", "Cache-Control: max-age=60, stale-if-error=60")
                        : response(503, "no"))));
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        RawMessage stale = client().get("/");

        assertThat(stale.text()).isEqualTo("one");
        assertThat(stale.field("Cache-Status")).contains("fwd-status=503");
    }

    @Test
    void aStaleResponseStandsInForATargetThatIsGone() throws Exception {
        RawTarget target = serveCached(counting(response(200, "one", "Cache-Control: max-age=60, stale-if-error=60")));
        client().get("/");
        time.advance(Duration.ofSeconds(70));
        target.leave();

        RawMessage stale = client().get("/");

        assertThat(stale.text()).isEqualTo("one");
        assertThat(stale.field("X-Cache")).isEqualTo("hit");
        time.advance(Duration.ofSeconds(70));
        assertThat(client().get("/").status()).isEqualTo(502);
    }

    @Test
    void aStaleResponseStandsInForATargetThatClosesTheConnectionIfTheOptionsSaySo() throws Exception {
        CacheOptions options = CacheOptions.builder()
                .staleIfUnreachable(Duration.ofSeconds(30))
                .build();
        RawTarget target = serveCached(
                counting((request, connection) -> {
                    if (asked.get() == 1) {
                        connection.send(response(200, "one", "Cache-Control: max-age=60"));
                    } else {
                        connection.close();
                    }
                }),
                cached(options).build());
        client().get("/");
        time.advance(Duration.ofSeconds(61));

        RawMessage closed = client().get("/");
        RawMessage refused = client().get("/", "Cache-Control: no-cache");
        target.leave();
        RawMessage gone = client().get("/");

        assertThat(closed.text()).isEqualTo("one");
        assertThat(closed.field("Age")).isEqualTo("61");
        assertThat(closed.field("Cache-Status")).isEqualTo("Gapless; fwd=stale; detail=target-failed");
        assertThat(refused.status()).isEqualTo(502);
        assertThat(gone.text()).isEqualTo("one");
        time.advance(Duration.ofSeconds(30));
        assertThat(client().get("/").status()).isEqualTo(502);
    }

    @Test
    void aStaleResponseStandsInForATargetThatIsTooSlow() throws Exception {
        serveCached(
                counting((request, connection) -> {
                    if (asked.get() > 1) {
                        RawTarget.awaitUninterrupted(goOn);
                    }
                    connection.send(response(200, "one", "Cache-Control: max-age=60, stale-if-error=60"));
                }),
                cached().responseTimeout(Duration.ofSeconds(1)).build());
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        assertThat(client().get("/").text()).isEqualTo("one");
        goOn.countDown();
    }
}
