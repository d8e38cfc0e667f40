package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * An HTTP/1.1 message as it came over a socket: its lines unchanged, one character a byte, its body without the framing.
 */
@SuppressWarnings("ArrayRecordComponent")
public record RawMessage(String startLine, List<String> fields, byte[] body, List<String> trailers) {
    /** Reads a message whose body ends as its head says; null if the stream ends before it. */
    public static RawMessage read(InputStream in) throws IOException {
        RawMessage head = readHead(in);
        if (head == null) {
            return null;
        }
        if ("chunked".equals(head.field("Transfer-Encoding"))) {
            byte[] body = readChunks(in);
            return new RawMessage(head.startLine, head.fields, body, readLines(in));
        }
        String length = head.field("Content-Length");
        boolean toTheEnd = length == null && head.startLine.startsWith("HTTP/") && head.mayHaveBody();
        byte[] body = toTheEnd ? in.readAllBytes() : in.readNBytes(length == null ? 0 : Integer.parseInt(length));
        if (length != null && body.length < Integer.parseInt(length)) {
            throw new EOFException("body of " + body.length + " bytes instead of " + length);
        }
        return new RawMessage(head.startLine, head.fields, body, List.of());
    }

    /** Reads a head and leaves what follows. */
    public static RawMessage readHead(InputStream in) throws IOException {
        String startLine = readLine(in);
        return startLine == null ? null : new RawMessage(startLine, readLines(in), new byte[0], List.of());
    }

    private static byte[] readChunks(InputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
            body.write(in.readNBytes(size));
            readLine(in);
        }
        return body.toByteArray();
    }

    private static int chunkSize(InputStream in) throws IOException {
        String line = readLine(in);
        if (line == null) {
            throw new EOFException("no last chunk");
        }
        return Integer.parseInt(line, 16);
    }

    private static List<String> readLines(InputStream in) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = readLine(in); line != null && !line.isEmpty(); line = readLine(in)) {
            lines.add(line);
        }
        return lines;
    }

    private static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                if (line.size() > 0) {
                    throw new EOFException("broke off after \"" + line.toString(ISO_8859_1) + "\"");
                }
                return null;
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(ISO_8859_1);
    }

    private boolean mayHaveBody() {
        return status() >= 200 && status() != 204 && status() != 304;
    }

    public int status() {
        return Integer.parseInt(startLine.split(" ", 3)[1]);
    }

    public String method() {
        return startLine.split(" ", 2)[0];
    }

    /** What a request asks for: the bytes between method and version. */
    public String requestTarget() {
        return startLine.substring(startLine.indexOf(' ') + 1, startLine.lastIndexOf(' '));
    }

    public String text() {
        return new String(body, ISO_8859_1);
    }

    /** The value of the only field of that name, or null. */
    public String field(String name) {
        List<String> values = all(name);
        if (values.size() > 1) {
            throw new AssertionError(name + " comes " + values.size() + " times: " + values);
        }
        return values.isEmpty() ? null : values.get(0);
    }

    public List<String> all(String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        return fields.stream()
                .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(prefix))
                .map(field -> field.substring(prefix.length()).trim())
                .toList();
    }

    /** The names of all fields, in lower case. */
    public List<String> names() {
        return fields.stream()
                .map(field -> field.substring(0, field.indexOf(':')).toLowerCase(Locale.ROOT))
                .toList();
    }
}
