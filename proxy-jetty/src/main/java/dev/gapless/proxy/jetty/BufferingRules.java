package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import java.util.Locale;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Which bodies are taken in whole before they go on. */
final class BufferingRules {
    private BufferingRules() {}

    /** Whether a request with a body waits until that is whole. */
    static boolean buffersRequest(BodyOptions options, HttpFields head, long length) {
        return buffers(options.requestBuffering(), length, options) && !isConversation(head);
    }

    /** Whether the body of a request is one half of a conversation, whose other half may have to come first. */
    static boolean isConversation(HttpFields head) {
        return isGrpc(head) || head.contains(HttpHeader.UPGRADE);
    }

    /** Whether a response that has a body waits until that is whole. */
    static boolean buffersResponse(BodyOptions options, HttpFields requestHead, HttpFields head) {
        return buffers(options.responseBuffering(), head.getLongField(HttpHeader.CONTENT_LENGTH), options)
                && !isConversation(requestHead)
                && !isStream(head);
    }

    private static boolean isStream(HttpFields head) {
        return isGrpc(head)
                || isOfType(head, "text/event-stream")
                || "no".equalsIgnoreCase(head.get(Headers.X_ACCEL_BUFFERING));
    }

    private static boolean buffers(Buffering mode, long length, BodyOptions options) {
        return switch (mode) {
            case AUTOMATIC -> length >= 0 && length <= options.bufferMemory();
            case FULL -> true;
            case OFF -> false;
        };
    }

    private static boolean isGrpc(HttpFields head) {
        String type = contentType(head);
        return type != null && type.startsWith("application/grpc");
    }

    private static boolean isOfType(HttpFields head, String wanted) {
        String type = contentType(head);
        return type != null
                && type.startsWith(wanted)
                && (type.length() == wanted.length() || " \t;".indexOf(type.charAt(wanted.length())) >= 0);
    }

    private static @Nullable String contentType(HttpFields head) {
        HttpField field = head.getField(HttpHeader.CONTENT_TYPE);
        String value = field == null ? null : field.getValue();
        return value == null ? null : value.toLowerCase(Locale.ROOT);
    }
}
