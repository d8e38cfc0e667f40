package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.Slot;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/** Logs each request, and each time that one is sent again, at INFO with key-value pairs, on the SLF4J logger {@value #LOGGER}. */
final class AccessLog implements ProxyListener {
    static final String LOGGER = "dev.gapless.proxy.access";

    private final Logger log;

    AccessLog() {
        this(LoggerFactory.getLogger(LOGGER));
    }

    AccessLog(Logger log) {
        this.log = log;
    }

    @Override
    public void onRequest(RequestSummary request) {
        if (!log.isInfoEnabled()) {
            return;
        }
        LoggingEventBuilder event = log.makeLoggingEventBuilder(Level.INFO)
                .setMessage("request")
                .addKeyValue("request_id", request.requestId())
                .addKeyValue("service", request.service())
                .addKeyValue("target", request.target())
                .addKeyValue("method", request.method())
                .addKeyValue("scheme", request.scheme())
                .addKeyValue("host", request.host())
                .addKeyValue("path", request.path())
                .addKeyValue("query", request.query())
                .addKeyValue("protocol", request.protocol())
                .addKeyValue("remote_addr", request.remoteAddress())
                .addKeyValue("remote_port", request.remotePort())
                .addKeyValue("status", request.status())
                .addKeyValue("request_bytes", request.requestBytes())
                .addKeyValue("response_bytes", request.responseBytes())
                .addKeyValue("duration_ms", request.duration().toNanos() / 1_000_000.0)
                .addKeyValue("retries", request.retries());
        if (request.timeToResponse() != null) {
            event = event.addKeyValue(
                    "time_to_response_ms", request.timeToResponse().toNanos() / 1_000_000.0);
        }
        if (request.slot() == Slot.ROLLOUT) {
            event = event.addKeyValue("rollout", true);
        }
        if (request.held() != null) {
            event = event.addKeyValue("held_ms", request.held().toNanos() / 1_000_000.0);
        }
        if (request.cache() != null) {
            event = event.addKeyValue("cache", request.cache().name().toLowerCase(Locale.ROOT));
        }
        if (request.failure() != null) {
            event = event.addKeyValue("failure", request.failure());
        }
        for (Map.Entry<String, String> header : request.loggedHeaders().entrySet()) {
            event = event.addKeyValue(header.getKey(), header.getValue());
        }
        event.log();
    }

    @Override
    public void onRetry(RequestRetry retry) {
        if (!log.isInfoEnabled()) {
            return;
        }
        LoggingEventBuilder event = log.makeLoggingEventBuilder(Level.INFO)
                .setMessage("retry")
                .addKeyValue("request_id", retry.requestId())
                .addKeyValue("service", retry.service())
                .addKeyValue("target", retry.target())
                .addKeyValue("method", retry.method())
                .addKeyValue("path", retry.path())
                .addKeyValue("retry", retry.number())
                .addKeyValue("elapsed_ms", retry.elapsed().toNanos() / 1_000_000.0)
                .addKeyValue("failure", retry.failure());
        if (retry.slot() == Slot.ROLLOUT) {
            event = event.addKeyValue("rollout", true);
        }
        event.log();
    }
}
