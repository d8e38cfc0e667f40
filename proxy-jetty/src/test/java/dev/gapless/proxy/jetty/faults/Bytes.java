package dev.gapless.proxy.jetty.faults;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads HTTP/1.1 messages byte by byte, so that nothing is read that belongs to the next. */
final class Bytes {
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    private Bytes() {}

    /** Reads to the empty line; null at the end of the stream. */
    static @Nullable String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int last4 = 0;
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.write(b);
            last4 = last4 << 8 | b;
            if (last4 == END_OF_HEAD) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return null;
    }

    /** Reads the body that the head declares, decoded. */
    static String body(InputStream in, String head) throws IOException {
        String lower = head.toLowerCase(Locale.ROOT);
        if (lower.contains("\r\ntransfer-encoding: chunked\r\n")) {
            return chunks(in);
        }
        int declared = lower.indexOf("\r\ncontent-length: ");
        if (declared < 0) {
            return "";
        }
        int from = declared + "\r\ncontent-length: ".length();
        int length = Integer.parseInt(head.substring(from, head.indexOf("\r\n", from)));
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException(body.length + " of " + length + " bytes have come");
        }
        return new String(body, StandardCharsets.ISO_8859_1);
    }

    private static String chunks(InputStream in) throws IOException {
        StringBuilder body = new StringBuilder();
        while (true) {
            int size = Integer.parseInt(line(in), 16);
            if (size == 0) {
                String trailer = line(in);
                while (!trailer.isEmpty()) {
                    trailer = line(in);
                }
                return body.toString();
            }
            body.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
            line(in);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the stream ended within a line: " + line);
            }
            line.append((char) b);
        }
        return line.substring(0, line.length() - 1);
    }
}
