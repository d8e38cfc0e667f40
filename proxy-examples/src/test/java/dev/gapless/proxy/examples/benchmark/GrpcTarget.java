package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The target of gRPC: it answers every call alike, once its request is whole, with a message and trailers. It reads the frames
 * of HTTP/2, but not the fields in them.
 */
final class GrpcTarget implements LoopServer.Session {
    /** {@code :status: 200} of the static table, and a literal that is kept out of the dynamic one. */
    private static final byte[] HEAD = Http2Frames.fields(0x88, 0x0F, 0x10, "application/grpc");

    private static final byte[] MESSAGE = Http2Frames.message(Target.SMALL_BODY);
    private static final byte[] TRAILERS = Http2Frames.fields(0x00, "grpc-status", "0");

    /** So much may come before more is allowed. */
    private static final int RECEIVE_WINDOW = 16 << 20;

    private final Deque<Integer> unanswered = new ArrayDeque<>();
    private boolean greeted;
    private long maySend = Http2Frames.INITIAL_WINDOW;
    private long mayReceive = Http2Frames.INITIAL_WINDOW;

    /** Argument: the port. */
    public static void main(String[] args) throws IOException {
        LoopServer.start(Integer.parseInt(args[0]), GrpcTarget::new);
        JvmContestant.runUntilParentEnds();
    }

    @Override
    public void answer(ByteBuffer received, ByteBuffer answers) throws IOException {
        if (!greeted) {
            if (received.remaining() < Http2Frames.PREFACE.length) {
                return;
            }
            received.position(received.position() + Http2Frames.PREFACE.length);
            Http2Frames.header(answers, 0, Http2Frames.SETTINGS, 0, 0);
            greeted = true;
        }
        while (takeFrame(received, answers)) {
            // And the next.
        }
        while (!unanswered.isEmpty() && maySend >= MESSAGE.length) {
            call(unanswered.remove(), answers);
        }
        if (mayReceive < RECEIVE_WINDOW / 2) {
            Http2Frames.header(answers, Integer.BYTES, Http2Frames.WINDOW_UPDATE, 0, 0)
                    .putInt((int) (RECEIVE_WINDOW - mayReceive));
            mayReceive = RECEIVE_WINDOW;
        }
    }

    /** Returns false if none is whole. */
    private boolean takeFrame(ByteBuffer received, ByteBuffer answers) {
        int begin = received.position();
        if (received.remaining() < Http2Frames.HEADER_BYTES) {
            return false;
        }
        int length = received.getInt(begin) >>> Byte.SIZE;
        if (received.remaining() < Http2Frames.HEADER_BYTES + length) {
            return false;
        }
        int type = received.get(begin + 3);
        int flags = received.get(begin + 4);
        int stream = received.getInt(begin + 5);
        received.position(begin + Http2Frames.HEADER_BYTES);
        take(type, flags, stream, received.slice(received.position(), length), answers);
        received.position(begin + Http2Frames.HEADER_BYTES + length);
        return true;
    }

    private void take(int type, int flags, int stream, ByteBuffer payload, ByteBuffer answers) {
        switch (type) {
            case Http2Frames.HEADERS -> endStream(flags, stream);
            case Http2Frames.DATA -> {
                mayReceive -= payload.remaining();
                endStream(flags, stream);
            }
            case Http2Frames.SETTINGS -> {
                if (flags != Http2Frames.ACK) {
                    Http2Frames.header(answers, 0, Http2Frames.SETTINGS, Http2Frames.ACK, 0);
                }
            }
            case Http2Frames.PING -> {
                if (flags != Http2Frames.ACK) {
                    Http2Frames.header(answers, payload.remaining(), Http2Frames.PING, Http2Frames.ACK, 0)
                            .put(payload);
                }
            }
            case Http2Frames.WINDOW_UPDATE -> {
                if (stream == 0) {
                    maySend += payload.getInt();
                }
            }
            default -> {
                // Nothing follows from it.
            }
        }
    }

    private void endStream(int flags, int stream) {
        if ((flags & Http2Frames.END_STREAM) != 0) {
            unanswered.add(stream);
        }
    }

    private void call(int stream, ByteBuffer answers) {
        Http2Frames.header(answers, HEAD.length, Http2Frames.HEADERS, Http2Frames.END_HEADERS, stream)
                .put(HEAD);
        Http2Frames.header(answers, MESSAGE.length, Http2Frames.DATA, 0, stream).put(MESSAGE);
        Http2Frames.header(
                        answers,
                        TRAILERS.length,
                        Http2Frames.HEADERS,
                        Http2Frames.END_HEADERS | Http2Frames.END_STREAM,
                        stream)
                .put(TRAILERS);
        maySend -= MESSAGE.length;
    }
}
