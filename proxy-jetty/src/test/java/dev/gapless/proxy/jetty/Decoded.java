package dev.gapless.proxy.jetty;

import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Decodes bodies by the codings' own libraries. */
final class Decoded {
    private Decoded() {}

    static InputStream stream(String coding, InputStream body) throws IOException {
        return switch (coding) {
            case "gzip" -> new GZIPInputStream(body);
            case "br" -> brotli(body);
            case "zstd" -> new ZstdInputStream(body).setContinuous(false);
            default -> throw new AssertionError("an unknown coding: " + coding);
        };
    }

    /** Without the option it keeps what it has decoded until more has come. */
    private static InputStream brotli(InputStream body) throws IOException {
        BrotliInputStream decoded = new BrotliInputStream(body);
        decoded.enableEagerOutput();
        return decoded;
    }

    /** A whole body; throws if it has no proper end. */
    static byte[] whole(String coding, byte[] body) throws IOException {
        InputStream bytes = new ByteArrayInputStream(body);
        try (InputStream decoded = coding.equals("br") ? wholeBrotli(bytes) : stream(coding, bytes)) {
            return decoded.readAllBytes();
        }
    }

    /**
     * The library that decodes parts takes the end of some bodies for a break: of those whose end comes with more than it can hold.
     */
    private static InputStream wholeBrotli(InputStream body) throws IOException {
        return new org.brotli.dec.BrotliInputStream(body);
    }

    static String text(RawMessage response) throws IOException {
        return new String(whole(response.field("Content-Encoding"), response.body()), ISO_8859_1);
    }

    /** What can be read of the beginning of a body. */
    static String beginning(String coding, byte[] body) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (InputStream decoded = stream(coding, new ByteArrayInputStream(body))) {
            for (int b = decoded.read(); b >= 0; b = decoded.read()) {
                read.write(b);
            }
        } catch (IOException e) {
            // It breaks off.
        }
        return read.toString(ISO_8859_1);
    }
}
