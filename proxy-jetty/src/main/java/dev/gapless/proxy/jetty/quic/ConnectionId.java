package dev.gapless.proxy.jetty.quic;

import java.util.HexFormat;

/**
 * By what one side knows a connection (RFC 9000, section 5.1).
 *
 * @param hex its bytes, two lower-case digits each
 */
public record ConnectionId(String hex) {
    /** The longest that version 1 has, and what the proxy gives its connections. */
    public static final int BYTES = 20;

    static ConnectionId of(byte[] bytes, int from, int to) {
        return new ConnectionId(HexFormat.of().formatHex(bytes, from, to));
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    int length() {
        return hex.length() / 2;
    }
}
