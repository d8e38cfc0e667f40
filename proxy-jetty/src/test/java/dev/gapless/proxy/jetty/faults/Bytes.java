package dev.gapless.proxy.jetty.faults;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads HTTP/1.1 messages byte by byte, so that nothing is read that belongs to the next. */
public final class Bytes {
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    private Bytes() {}

    /** Reads to the empty line; null at the end of the stream. */
    public static @Nullable String head(InputStream in) throws IOException {
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
    public static String body(InputStream in, String head) throws IOException {
        return new String(body(in, head, new ArrayList<>()), StandardCharsets.ISO_8859_1);
    }

    /** Reads the body that the head declares, decoded, and adds the lines of its trailers to the list. */
    public static byte[] body(InputStream in, String head, List<String> trailers) throws IOException {
        String lower = head.toLowerCase(Locale.ROOT);
        if (lower.contains("\r\ntransfer-encoding: chunked\r\n")) {
            return chunks(in, trailers);
        }
        int declared = lower.indexOf("\r\ncontent-length: ");
        if (declared < 0) {
            return new byte[0];
        }
        int from = declared + "\r\ncontent-length: ".length();
        return exactly(in, Integer.parseInt(head.substring(from, head.indexOf("\r\n", from))));
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException(bytes.length + " of " + length + " bytes have come");
        }
        return bytes;
    }

    private static byte[] chunks(InputStream in, List<String> trailers) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
            body.writeBytes(exactly(in, size));
            line(in);
        }
        for (String trailer = line(in); !trailer.isEmpty(); trailer = line(in)) {
            trailers.add(trailer);
        }
        return body.toByteArray();
    }

    private static int chunkSize(InputStream in) throws IOException {
        return Integer.parseInt(line(in), 16);
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
