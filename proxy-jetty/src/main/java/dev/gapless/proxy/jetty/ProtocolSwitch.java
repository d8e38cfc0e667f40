package dev.gapless.proxy.jetty;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.TunnelSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client's wish to go on in another protocol than HTTP: by {@code Upgrade} (RFC 9110, section 7.8), or, over HTTP/2, by
 * an extended CONNECT for a WebSocket (RFC 8441). Targets are always asked by {@code Upgrade}, so that the second is bridged.
 */
final class ProtocolSwitch {
    static final String WEB_SOCKET = "websocket";

    private static final String KEY = HttpHeader.SEC_WEBSOCKET_KEY.asString();
    private static final String VERSION = "13";
    private static final int KEY_BYTES = 16;
    /** In Base64, with the padding, which the JDK's decoder does not insist on. */
    private static final int KEY_CHARACTERS = 24;

    /** What a server appends to the key before it hashes it (RFC 6455, section 1.3). */
    private static final String KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final List<String> protocols;
    private final boolean bridged;
    private final @Nullable String key;

    private ProtocolSwitch(List<String> protocols, boolean bridged, @Nullable String key) {
        this.protocols = protocols;
        this.bridged = bridged;
        this.key = key;
    }

    /** {@return what the request asks for beyond HTTP, or null if it is content with that} */
    static @Nullable ProtocolSwitch askedBy(Request request) {
        HttpVersion version = request.getConnectionMetaData().getHttpVersion();
        HttpFields head = request.getHeaders();
        if (version == HttpVersion.HTTP_2) {
            return isExtendedConnect(request) ? new ProtocolSwitch(List.of(WEB_SOCKET), true, newKey()) : null;
        }
        if (version != HttpVersion.HTTP_1_1
                || !head.contains(HttpHeader.UPGRADE)
                || !head.contains(HttpHeader.CONNECTION, "upgrade")) {
            return null;
        }
        List<String> offered = offered(head);
        return offered.isEmpty() ? null : new ProtocolSwitch(offered, false, head.get(KEY));
    }

    /** Whether the client wants to have a tunnel for a protocol of its own (RFC 8441, section 4). */
    static boolean isExtendedConnect(Request request) {
        if (!HttpMethod.CONNECT.is(request.getMethod())) {
            return false;
        }
        TunnelSupport support = request.getTunnelSupport();
        return support != null && support.getProtocol() != null;
    }

    /** HTTP/2 is what the proxy itself speaks with clients, and with targets by their address alone. */
    private static List<String> offered(HttpFields head) {
        List<String> offered = new ArrayList<>();
        for (String protocol : head.getCSV(HttpHeader.UPGRADE, false)) {
            if (!protocol.equalsIgnoreCase("h2c")) {
                offered.add(protocol);
            }
        }
        return offered;
    }

    private static String newKey() {
        byte[] nonce = new byte[KEY_BYTES];
        // Not a secret, but a sign that the answer is not an older one from a cache (RFC 6455, section 1.3).
        ThreadLocalRandom.current().nextBytes(nonce);
        return Base64.getEncoder().encodeToString(nonce);
    }

    /** {@return the status for a request that asks for what cannot be, or 0} */
    static int refusal(Request request) {
        if (isExtendedConnect(request)) {
            return WEB_SOCKET.equals(request.getTunnelSupport().getProtocol()) ? 0 : HttpStatus.NOT_IMPLEMENTED_501;
        }
        ProtocolSwitch asked = askedBy(request);
        return asked == null || !asked.isWebSocket() || asked.isSound(request) ? 0 : HttpStatus.BAD_REQUEST_400;
    }

    /** What a target and the proxy might take for different things is no WebSocket (RFC 6455, section 4.2.1). */
    private boolean isSound(Request request) {
        HttpFields head = request.getHeaders();
        boolean bodiless = request.getLength() <= 0 && !head.contains(HttpHeader.TRANSFER_ENCODING);
        return HttpMethod.GET.is(request.getMethod())
                && bodiless
                && protocols.size() == 1
                && head.getValuesList(KEY).size() == 1
                && isKey(head.get(KEY));
    }

    private static boolean isKey(String text) {
        try {
            return text.length() == KEY_CHARACTERS && Base64.getDecoder().decode(text).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Whether the frames of a WebSocket will follow. */
    boolean isWebSocket() {
        return protocols.stream().anyMatch(WEB_SOCKET::equalsIgnoreCase);
    }

    /** Whether the client has asked by an extended CONNECT, of which its target must not hear. */
    boolean isBridged() {
        return bridged;
    }

    /** Asks the target. */
    void ask(HttpFields.Mutable head) {
        head.put(HttpHeader.UPGRADE, String.join(", ", protocols));
        head.put(HttpHeader.CONNECTION, head.contains(HttpHeader.TE) ? "Upgrade, TE" : "Upgrade");
        if (bridged && key != null) {
            // A CONNECT has no body, whatever it says (RFC 9110, section 9.3.6).
            head.remove(HttpHeader.CONTENT_LENGTH);
            head.put(KEY, key);
            if (!head.contains(HttpHeader.SEC_WEBSOCKET_VERSION)) {
                head.put(HttpHeader.SEC_WEBSOCKET_VERSION, VERSION);
            }
        }
    }

    /**
     * {@return why a response must not be passed on to a client with that wish, or null}
     *
     * @param asked the wish; null if the client has none
     * @param answer the response, of which there is the head
     */
    static @Nullable Throwable flaw(@Nullable ProtocolSwitch asked, Response answer) {
        int status = answer.getStatus();
        if (status == HttpStatus.SWITCHING_PROTOCOLS_101) {
            if (asked == null) {
                return new Attempt.SwitchException("the target has switched protocols unasked");
            }
            return answer.getVersion() == HttpVersion.HTTP_1_1
                    ? asked.flaw(answer.getHeaders())
                    : new Attempt.SwitchException("the target has switched protocols by " + answer.getVersion());
        }
        // To the client it would mean that the WebSocket is open.
        return asked != null && asked.bridged && HttpStatus.isSuccess(status)
                ? new Attempt.SwitchException(
                        "the target has answered the request for a WebSocket with status " + status)
                : null;
    }

    private @Nullable Throwable flaw(HttpFields answer) {
        List<String> chosen = answer.getCSV(HttpHeader.UPGRADE, false);
        if (chosen.isEmpty() || !chosen.stream().allMatch(this::isOffered)) {
            return new Attempt.SwitchException("the target has switched to " + chosen + ", asked for was " + protocols);
        }
        List<String> accepted = answer.getValuesList(HttpHeader.SEC_WEBSOCKET_ACCEPT);
        return chosen.stream().anyMatch(WEB_SOCKET::equalsIgnoreCase) && !accepted.equals(List.of(accept(key)))
                ? new Attempt.SwitchException(
                        "the target's Sec-WebSocket-Accept " + accepted + " is not that of the request")
                : null;
    }

    private boolean isOffered(String protocol) {
        return protocols.stream().anyMatch(protocol::equalsIgnoreCase);
    }

    private static String accept(@Nullable String key) {
        try {
            byte[] hashed =
                    MessageDigest.getInstance("SHA-1").digest((key + KEY_SUFFIX).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hashed);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /** {@return the status that tells the client that its wish is granted} */
    int grantedStatus() {
        return bridged ? HttpStatus.OK_200 : HttpStatus.SWITCHING_PROTOCOLS_101;
    }

    /** Completes the head that tells the client so, in which the fields of the connection with the target are gone. */
    void grant(HttpFields answer, HttpFields.Mutable head) {
        head.remove(HttpHeader.CONTENT_LENGTH); // It would say nothing, if it were there (RFC 9112, section 6.3).
        if (bridged) {
            head.remove(HttpHeader.SEC_WEBSOCKET_ACCEPT);
            return;
        }
        for (HttpField field : answer.getFields(HttpHeader.UPGRADE)) {
            head.add(field);
        }
        head.put(HttpHeader.CONNECTION, "Upgrade");
    }
}
