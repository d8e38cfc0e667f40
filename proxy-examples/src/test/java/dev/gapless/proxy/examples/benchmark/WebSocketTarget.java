package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** The target of WebSockets: it sends each frame back, and answers every other request with an empty page. */
final class WebSocketTarget implements LoopServer.Session {
    private static final Pattern KEY = Pattern.compile("(?i)\r\nSec-WebSocket-Key: *(\\S+)");
    /** What a server appends to the key before it hashes it (RFC 6455, section 1.3). */
    private static final String KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private static final String END_OF_HEAD = "\r\n\r\n";

    private static final int LENGTH = 0x7F;
    private static final int LENGTH_IN_2_BYTES = 126;
    private static final int LENGTH_IN_8_BYTES = 127;

    private boolean switched;

    /** Argument: the port. */
    public static void main(String[] args) throws IOException {
        LoopServer.start(Integer.parseInt(args[0]), WebSocketTarget::new);
        JvmContestant.runUntilParentEnds();
    }

    @Override
    public void answer(ByteBuffer received, ByteBuffer answers) throws IOException {
        if (switched) {
            while (echo(received, answers)) {
                // And the next.
            }
        } else {
            answerHead(received, answers);
        }
    }

    private void answerHead(ByteBuffer received, ByteBuffer answers) {
        String head = ISO_8859_1.decode(received.duplicate()).toString();
        if (!head.endsWith(END_OF_HEAD)) {
            return;
        }
        received.position(received.limit());
        Matcher key = KEY.matcher(head);
        switched = key.find();
        String answer = switched
                ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
                        + accept(key.group(1)) + END_OF_HEAD
                : "HTTP/1.1 200 OK\r\nContent-Length: 0" + END_OF_HEAD;
        answers.put(answer.getBytes(ISO_8859_1));
    }

    static String accept(String key) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            return Base64.getEncoder().encodeToString(sha1.digest((key + KEY_SUFFIX).getBytes(ISO_8859_1)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /** Sends one frame back without its mask. Returns false if none is whole. */
    private static boolean echo(ByteBuffer received, ByteBuffer answers) throws IOException {
        int begin = received.position();
        if (received.remaining() < 2) {
            return false;
        }
        int length = received.get(begin + 1) & LENGTH;
        int lengthBytes = 0;
        if (length == LENGTH_IN_8_BYTES) {
            throw new IOException("a frame of 64 KiB or more");
        } else if (length == LENGTH_IN_2_BYTES) {
            lengthBytes = Short.BYTES;
            length = received.remaining() < 2 + Short.BYTES ? Short.MAX_VALUE : received.getShort(begin + 2);
        }
        int header = 2 + lengthBytes;
        if (received.remaining() < header + Integer.BYTES + length) {
            return false;
        }
        answers.put(received.get(begin)).put((byte) (received.get(begin + 1) & LENGTH));
        if (lengthBytes > 0) {
            answers.putShort((short) length);
        }
        int key = received.getInt(begin + header);
        received.position(begin + header + Integer.BYTES);
        unmask(received, key, length, answers);
        return true;
    }

    private static void unmask(ByteBuffer received, int key, int length, ByteBuffer answers) {
        long twice = (long) key << Integer.SIZE | Integer.toUnsignedLong(key);
        int left = length;
        for (; left >= Long.BYTES; left -= Long.BYTES) {
            answers.putLong(received.getLong() ^ twice);
        }
        for (int rotated = key; left > 0; left--) {
            rotated = Integer.rotateLeft(rotated, Byte.SIZE);
            answers.put((byte) (received.get() ^ rotated));
        }
    }
}
