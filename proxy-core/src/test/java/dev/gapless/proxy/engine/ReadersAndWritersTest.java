package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceInfo.Role;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** Reads go to readers, and all else to writers. */
final class ReadersAndWritersTest {
    private static final Request GET = Request.to("http://example.com/");
    private static final Request WEB_SOCKET = GET.withHeader("Upgrade", "WebSocket");

    private final EngineFixture proxy = new EngineFixture();

    private void serve(Balancing balancing, List<String> writers, List<String> readers) {
        Deployment.Builder deployment = Deployment.builder("web")
                .options(ServiceOptions.builder().balancing(balancing).build());
        writers.forEach(deployment::target);
        readers.forEach(deployment::reader);
        done(proxy.deploy(deployment.build()));
    }

    private void serve() {
        serve(Balancing.defaults(), List.of("w"), List.of("r1", "r2"));
    }

    private List<String> takers(Request request) {
        return IntStream.range(0, 6)
                .mapToObj(i -> proxy.answer(request))
                .distinct()
                .sorted()
                .toList();
    }

    private boolean isWrite(Request request) {
        Decision.Forward forward = (Decision.Forward) proxy.engine.decide(request, new Attempts());
        forward.lease().release();
        return forward.write();
    }

    private Request afterAWrite(Duration left) {
        long until = proxy.time.now().plus(left).toEpochMilli();
        return GET.withHeader("Cookie", "kamal-writer=" + until);
    }

    @Test
    void readsGoToReaders() {
        serve();

        assertThat(takers(GET)).containsExactly("r1:80", "r2:80");
        assertThat(takers(GET.withMethod("HEAD"))).containsExactly("r1:80", "r2:80");
        assertThat(isWrite(GET)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", "get"})
    void allElseGoesToWriters(String method) {
        serve();

        assertThat(takers(GET.withMethod(method))).containsExactly("w:80");
        assertThat(isWrite(GET.withMethod(method))).isTrue();
    }

    @Test
    void withoutReadersNothingIsAWrite() {
        serve(Balancing.defaults(), List.of("w"), List.of());

        assertThat(takers(GET)).containsExactly("w:80");
        assertThat(isWrite(GET.withMethod("POST"))).isFalse();
    }

    @Test
    void webSocketsGoToWritersUnlessToldOtherwise() {
        serve();
        assertThat(takers(WEB_SOCKET)).containsExactly("w:80");

        serve(Balancing.builder().webSocketsToReaders(true).build(), List.of("w"), List.of("r"));
        assertThat(takers(WEB_SOCKET)).containsExactly("r:80");
    }

    @Test
    void aClientThatHasWrittenJustNowReadsFromWriters() {
        serve();

        assertThat(takers(afterAWrite(Duration.ofMillis(1)))).containsExactly("w:80");
        assertThat(takers(afterAWrite(Duration.ZERO))).containsExactly("r1:80", "r2:80");
        assertThat(takers(afterAWrite(Duration.ofMillis(-1)))).containsExactly("r1:80", "r2:80");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1", "1e99", "99999999999999999999"})
    void aCookieThatIsNoTimeIsNone(String value) {
        serve();

        assertThat(takers(GET.withHeader("Cookie", "kamal-writer=" + value))).containsExactly("r1:80", "r2:80");
    }

    @Test
    void withoutAHealthyReaderReadsGoToAWriter() {
        serve();
        proxy.probe.isUnhealthy("r1:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers(GET)).containsExactly("r2:80");

        proxy.probe.isUnhealthy("r2:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers(GET)).containsExactly("w:80");

        proxy.probe.isHealthy("r1:80");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers(GET)).containsExactly("r1:80");
    }

    @Test
    void withoutAHealthyWriterWritesAreAnsweredWith503AndReadsAreServed() {
        serve();
        proxy.probe.isUnhealthy("w:80", "ill");
        proxy.advance(Duration.ofSeconds(1));

        assertThat(takers(GET.withMethod("POST"))).containsExactly("503");
        assertThat(takers(WEB_SOCKET)).containsExactly("503");
        assertThat(takers(afterAWrite(Duration.ofSeconds(1)))).containsExactly("503");
        assertThat(takers(GET)).containsExactly("r1:80", "r2:80");
    }

    @Test
    void aReadThatReadersRefuseGoesToAWriter() {
        serve();
        Attempts attempts = new Attempts();
        for (int i = 0; i < 2; i++) {
            Decision.Forward forward = (Decision.Forward) proxy.engine.decide(GET, attempts);
            forward.lease().release();
            attempts.refusedBy(forward.lease().target());
            assertThat(proxy.engine.mayRetry(forward.service(), attempts)).isTrue();
        }

        Decision.Forward last = (Decision.Forward) proxy.engine.decide(GET, attempts);
        assertThat(last.lease().address()).hasToString("w:80");
    }

    @Test
    void aWriterAndAReaderCountTogetherSoBothAreProbed() {
        serve(Balancing.defaults(), List.of("w"), List.of("r"));

        proxy.advance(Duration.ofSeconds(5));

        assertThat(proxy.probe.timesAsked("w:80")).isEqualTo(6);
        assertThat(proxy.probe.timesAsked("r:80")).isEqualTo(6);
    }

    @Test
    void theListSaysWhatEachTargetIsForWritersFirst() {
        serve();

        assertThat(proxy.info("web").targets())
                .extracting(target -> target.address() + " " + target.role())
                .containsExactly("w:80 " + Role.WRITER, "r1:80 " + Role.READER, "r2:80 " + Role.READER);
    }
}
