package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** What WebSockets say when they are opened, and their frames (RFC 6455), one character a byte. */
final class WebSockets {
    static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    static final int TEXT = 0x1;
    static final int BINARY = 0x2;
    static final int CONTINUATION = 0x0;
    static final int PING = 0x9;

    private static final int FIN = 0x80;
    private static final int CLOSE = 0x8;

    private WebSockets() {}

    /** The header lines of a request for one, and these. */
    static String[] asked(String... more) {
        List<String> lines = new ArrayList<>(List.of(
                "Connection: keep-alive, Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: " + KEY));
        lines.addAll(List.of(more));
        return lines.toArray(String[]::new);
    }

    /** The answer that grants it, with these header lines. */
    static String granted(RawMessage request, String... more) {
        StringBuilder head = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Accept: " + accept(request.field("Sec-WebSocket-Key")) + "\r\n");
        for (String line : more) {
            head.append(line).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    /** What answers a key. */
    static String accept(String key) {
        try {
            byte[] hashed = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hashed);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** A whole message in one frame, as servers send it. */
    static String frame(int opcode, String payload) {
        return header(FIN | opcode, payload.length()) + payload;
    }

    /** The part of a message that has others after it. */
    static String fragment(int opcode, String payload) {
        return header(opcode, payload.length()) + payload;
    }

    static String text(String payload) {
        return frame(TEXT, payload);
    }

    private static String header(int first, int length) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.write(first);
        if (length < 126) {
            header.write(length);
        } else if (length < 1 << 16) {
            header.write(126);
            header.write(length >> 8);
            header.write(length);
        } else {
            header.write(127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                header.write((int) ((long) length >> shift));
            }
        }
        return header.toString(StandardCharsets.ISO_8859_1);
    }

    /** A close frame as servers send it. */
    static String close(int code) {
        return frame(CLOSE, "" + (char) (code >> 8) + (char) (code & 0xFF));
    }

    /** A close frame as clients send it, with a mask and a reason. */
    static String maskedClose(int code, String reason) {
        char[] mask = {0x11, 0x22, 0x33, 0x44};
        String payload = "" + (char) (code >> 8) + (char) (code & 0xFF) + reason;
        StringBuilder frame = new StringBuilder();
        frame.append((char) (FIN | CLOSE))
                .append((char) (0x80 | payload.length()))
                .append(mask);
        for (int i = 0; i < payload.length(); i++) {
            frame.append((char) (payload.charAt(i) ^ mask[i % mask.length]));
        }
        return frame.toString();
    }

    /** What comes after the frames with this first byte that the bytes begin with. */
    static String skipFrames(String bytes, int first) {
        int at = 0;
        while (at < bytes.length() && bytes.charAt(at) == first) {
            int length = bytes.charAt(at + 1);
            int lengthBytes = length == 126 ? 2 : length == 127 ? 8 : 0;
            at += 2;
            if (lengthBytes > 0) {
                length = 0;
                for (int end = at + lengthBytes; at < end; at++) {
                    length = length << 8 | bytes.charAt(at);
                }
            }
            at += length;
        }
        return bytes.substring(Math.min(at, bytes.length()));
    }
}
