package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/** Which bodies are taken in whole before they go on. */
final class BufferingRules {
    /** And what may follow, as in {@code application/grpc+proto}. */
    private static final String GRPC = "application/grpc";

    private static final String EVENTS = "text/event-stream";

    private BufferingRules() {}

    /** Whether a request with a body waits until that is whole. */
    static boolean buffersRequest(BodyOptions options, ClientRequest client, HttpFields head, long length) {
        return buffers(options.requestBuffering(), length, options) && !isConversation(client, head);
    }

    /**
     * Whether the body of a request is one half of a conversation, whose other half may have to come first. Not every {@code Upgrade}
     * begins one: some clients offer {@code h2c} with each request, and no proxy need look at it (RFC 9110, section 7.8).
     */
    static boolean isConversation(ClientRequest client, HttpFields head) {
        return client.protocolSwitch() != null || isGrpc(head);
    }

    /** Whether a response that has a body waits until that is whole. */
    static boolean buffersResponse(BodyOptions options, ClientRequest client, HttpFields requestHead, HttpFields head) {
        return buffers(options.responseBuffering(), head.getLongField(HttpHeader.CONTENT_LENGTH), options)
                && !isConversation(client, requestHead)
                && !isStream(head);
    }

    private static boolean isStream(HttpFields head) {
        return isMessages(head) || "no".equalsIgnoreCase(head.get(Headers.X_ACCEL_BUFFERING));
    }

    /** Whether a response is a row of messages, each of which is for itself. */
    static boolean isMessages(HttpFields head) {
        return isGrpc(head) || isEvents(head);
    }

    private static boolean buffers(Buffering mode, long length, BodyOptions options) {
        return switch (mode) {
            case AUTOMATIC -> length >= 0 && length <= options.bufferMemory();
            case FULL -> true;
            case OFF -> false;
        };
    }

    static boolean isGrpc(HttpFields head) {
        return contentType(head).regionMatches(true, 0, GRPC, 0, GRPC.length());
    }

    /** With or without parameters. */
    private static boolean isEvents(HttpFields head) {
        String type = contentType(head);
        int end = EVENTS.length();
        return type.regionMatches(true, 0, EVENTS, 0, end)
                && (type.length() == end || " \t;".indexOf(type.charAt(end)) >= 0);
    }

    private static String contentType(HttpFields head) {
        String type = head.get(HttpHeader.CONTENT_TYPE);
        return type == null ? "" : type;
    }
}
