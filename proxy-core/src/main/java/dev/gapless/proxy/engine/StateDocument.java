package dev.gapless.proxy.engine;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form in which a state is saved: a line with the name of the format, its version, the length of the payload in bytes and
 * the payload's SHA-256, then the payload in UTF-8.
 *
 * <pre>
 *   gapless-state 1 17 0f6c...e2
 *   {"services": []}
 * </pre>
 */
final class StateDocument {
    private static final String VERSION = "1";
    private static final Pattern ANY_VERSION = Pattern.compile("gapless-state ([0-9]{1,9})[ \n]");
    private static final Pattern HEADER =
            Pattern.compile("gapless-state " + VERSION + " (0|[1-9][0-9]{0,9}) ([0-9a-f]{64})\n");
    private static final int LONGEST_HEADER = 128;

    private StateDocument() {}

    /**
     * Puts a payload into the form that is saved.
     *
     * @throws IllegalArgumentException if the payload has half of a surrogate pair, which UTF-8 cannot say
     */
    static byte[] encode(String payload) {
        byte[] content = utf8(payload);
        String header = "gapless-state " + VERSION + " " + content.length + " " + sha256(content, 0) + "\n";
        return ByteBuffer.allocate(header.length() + content.length)
                .put(header.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
    }

    /**
     * Takes the payload out of a saved state.
     *
     * @throws DamagedStateException if the state is not, to the last bit, what {@link #encode} has made
     */
    static String decode(byte[] document) throws DamagedStateException {
        Matcher header = header(document);
        int start = header.end();
        checkLength(Long.parseLong(header.group(1)), document.length - start);
        if (!sha256(document, start).equals(header.group(2))) {
            throw new DamagedStateException("the state is corrupt: its checksum does not fit its content");
        }
        return text(ByteBuffer.wrap(document, start, document.length - start));
    }

    private static Matcher header(byte[] document) throws DamagedStateException {
        String head = new String(document, 0, Math.min(document.length, LONGEST_HEADER), StandardCharsets.ISO_8859_1);
        Matcher version = matchStart(ANY_VERSION, head);
        if (!version.group(1).equals(VERSION)) {
            throw new DamagedStateException("the state is unreadable: it has the unknown version " + version.group(1)
                    + ": a newer release may have written it, this one reads version " + VERSION);
        }
        return matchStart(HEADER, head);
    }

    private static Matcher matchStart(Pattern pattern, String head) throws DamagedStateException {
        Matcher matcher = pattern.matcher(head);
        if (matcher.lookingAt()) {
            return matcher;
        }
        if (head.isEmpty()) {
            throw new DamagedStateException("the state is truncated: it is empty");
        }
        if (matcher.hitEnd()) {
            throw new DamagedStateException("the state is truncated: it ends within its first line");
        }
        throw new DamagedStateException("the state is invalid: its first line is not that of a saved state");
    }

    private static void checkLength(long expected, int present) throws DamagedStateException {
        if (present < expected) {
            throw new DamagedStateException(
                    "the state is truncated: " + present + " of " + expected + " bytes follow its first line");
        }
        if (present > expected) {
            throw new DamagedStateException(
                    "the state is corrupt: " + present + " instead of " + expected + " bytes follow its first line");
        }
    }

    private static byte[] utf8(String payload) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(payload));
            byte[] content = new byte[encoded.remaining()];
            encoded.get(content);
            return content;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the state has half of a surrogate pair, which UTF-8 cannot say", e);
        }
    }

    private static String text(ByteBuffer content) throws DamagedStateException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(content).toString();
        } catch (CharacterCodingException e) {
            throw new DamagedStateException("the state is invalid: it is not UTF-8");
        }
    }

    private static String sha256(byte[] bytes, int from) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, from, bytes.length - from);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
