package dev.gapless.proxy.jetty;

import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.spi.DefaultLoggingEventBuilder;
import org.slf4j.spi.LoggingEventAware;
import org.slf4j.spi.LoggingEventBuilder;

import static org.assertj.core.api.Assertions.assertThat;

class AccessLogTest {
    private static final RequestSummary SUMMARY = summary(Slot.ACTIVE, null);

    private final Events events = new Events();

    private static RequestSummary summary(Slot slot, Duration held) {
        return new RequestSummary(
                "id",
                "app",
                TargetAddress.parse("127.0.0.1:3000"),
                "GET",
                "http",
                "example.com",
                "/a",
                "b=1",
                "HTTP/1.1",
                "10.0.0.1",
                1234,
                200,
                5,
                7,
                Duration.ofMillis(12),
                Duration.ofMillis(3),
                1,
                null,
                slot,
                held,
                Map.of("req_x_trace", "a,b", "resp_server", ""),
                false,
                null);
    }

    @Test
    void aRequestIsOneEventWithKeyValuePairs() {
        new AccessLog(events).onRequest(SUMMARY);

        assertThat(events.logged).hasSize(1);
        LoggingEvent event = events.logged.get(0);
        assertThat(event.getLevel()).isEqualTo(Level.INFO);
        assertThat(event.getKeyValuePairs().stream().collect(Collectors.toMap(pair -> pair.key, AccessLogTest::text)))
                .containsEntry("request_id", "id")
                .containsEntry("service", "app")
                .containsEntry("target", "127.0.0.1:3000")
                .containsEntry("method", "GET")
                .containsEntry("path", "/a")
                .containsEntry("query", "b=1")
                .containsEntry("status", "200")
                .containsEntry("request_bytes", "5")
                .containsEntry("response_bytes", "7")
                .containsEntry("duration_ms", "12.0")
                .containsEntry("time_to_response_ms", "3.0")
                .containsEntry("retries", "1")
                .containsEntry("req_x_trace", "a,b")
                .containsEntry("resp_server", "")
                .doesNotContainKeys("failure", "rollout", "held_ms");
    }

    @Test
    void aRequestThatARolloutServedAfterAPauseSaysSo() {
        new AccessLog(events).onRequest(summary(Slot.ROLLOUT, Duration.ofMillis(1500)));

        assertThat(events.logged.get(0).getKeyValuePairs().stream()
                        .collect(Collectors.toMap(pair -> pair.key, AccessLogTest::text)))
                .containsEntry("rollout", "true")
                .containsEntry("held_ms", "1500.0");
    }

    private static RequestRetry retry(Slot slot) {
        return new RequestRetry(
                "id",
                "app",
                slot,
                "GET",
                "/a",
                TargetAddress.parse("127.0.0.1:3000"),
                "it was reset",
                2,
                Duration.ofMillis(12));
    }

    @Test
    void aRetryIsOneEventWithKeyValuePairs() {
        new AccessLog(events).onRetry(retry(Slot.ACTIVE));

        assertThat(events.logged).hasSize(1);
        LoggingEvent event = events.logged.get(0);
        assertThat(event.getLevel()).isEqualTo(Level.INFO);
        assertThat(event.getMessage()).isEqualTo("retry");
        assertThat(event.getKeyValuePairs().stream().map(pair -> pair.key + "=" + text(pair)))
                .containsExactly(
                        "request_id=id",
                        "service=app",
                        "target=127.0.0.1:3000",
                        "method=GET",
                        "path=/a",
                        "retry=2",
                        "elapsed_ms=12.0",
                        "failure=it was reset");
    }

    @Test
    void aRetryAfterATargetOfARolloutFailedSaysSo() {
        new AccessLog(events).onRetry(retry(Slot.ROLLOUT));

        assertThat(events.logged.get(0).getKeyValuePairs().stream().map(pair -> pair.key + "=" + text(pair)))
                .contains("rollout=true");
    }

    private static String text(KeyValuePair pair) {
        return String.valueOf(pair.value);
    }

    @Test
    void nothingIsMadeOfARequestOrRetryWhenTheLogIsOff() {
        events.enabled = false;

        new AccessLog(events).onRequest(SUMMARY);
        new AccessLog(events).onRetry(retry(Slot.ACTIVE));

        assertThat(events.logged).isEmpty();
    }

    /** A logger that keeps its events. */
    private static final class Events extends LegacyAbstractLogger implements LoggingEventAware {
        private static final long serialVersionUID = 1L;

        private final transient List<LoggingEvent> logged = new ArrayList<>();
        private boolean enabled = true;

        @Override
        public void log(LoggingEvent event) {
            logged.add(event);
        }

        @Override
        public LoggingEventBuilder makeLoggingEventBuilder(Level level) {
            return new DefaultLoggingEventBuilder(this, level);
        }

        @Override
        public boolean isInfoEnabled() {
            return enabled;
        }

        @Override
        public boolean isTraceEnabled() {
            return enabled;
        }

        @Override
        public boolean isDebugEnabled() {
            return enabled;
        }

        @Override
        public boolean isWarnEnabled() {
            return enabled;
        }

        @Override
        public boolean isErrorEnabled() {
            return enabled;
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String message, Object[] arguments, Throwable throwable) {
            throw new AssertionError("not an event: " + message);
        }
    }
}
