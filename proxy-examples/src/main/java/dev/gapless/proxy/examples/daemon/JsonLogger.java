package dev.gapless.proxy.examples.daemon;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/** Makes a JSON object of an event; its key-value pairs become members. */
final class JsonLogger extends LegacyAbstractLogger implements LoggingEventAware {
    private static final long serialVersionUID = 1L;

    private final transient LogOutput output;
    private final Level level;

    JsonLogger(String name, Level level, LogOutput output) {
        this.name = name;
        this.level = level;
        this.output = output;
    }

    @Override
    public void log(LoggingEvent event) {
        write(
                event.getLevel(),
                MessageFormatter.basicArrayFormat(event.getMessage(), event.getArgumentArray()),
                event.getKeyValuePairs(),
                event.getThrowable());
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level at,
            @Nullable Marker marker,
            String pattern,
            Object @Nullable [] arguments,
            @Nullable Throwable failure) {
        write(at, MessageFormatter.basicArrayFormat(pattern, arguments), null, failure);
    }

    private void write(Level at, String message, @Nullable List<KeyValuePair> members, @Nullable Throwable failure) {
        StringBuilder line = new StringBuilder(512);
        line.append("{\"time\":\"")
                .append(Instant.now())
                .append("\",\"level\":\"")
                .append(at);
        line.append("\",\"logger\":");
        Json.appendString(line, name);
        append(line, "msg", message);
        if (members != null) {
            members.forEach(member -> append(line, member.key, member.value));
        }
        if (failure != null) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            append(line, "error", trace);
        }
        output.line(line.append("}\n").toString());
    }

    private static void append(StringBuilder line, String key, @Nullable Object value) {
        line.append(',');
        Json.appendString(line, key);
        line.append(':');
        Json.append(line, value);
    }

    private boolean isEnabled(Level at) {
        return at.toInt() >= level.toInt();
    }

    @Override
    public boolean isTraceEnabled() {
        return isEnabled(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return isEnabled(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return isEnabled(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return isEnabled(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
        return isEnabled(Level.ERROR);
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }
}
