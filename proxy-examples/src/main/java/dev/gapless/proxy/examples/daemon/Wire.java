package dev.gapless.proxy.examples.daemon;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What passes over the control socket: one request (a count, then so many strings, the first of which is the directory that
 * the command was given in) and one reply (a status byte, then a string). A string is its length in bytes and its UTF-8. Lengths
 * are bounded, so that no peer can fill the memory.
 */
final class Wire {
    private static final int MAX_ARGUMENTS = 10_000;
    private static final int MAX_ARGUMENT_BYTES = 1 << 20;
    private static final int MAX_REQUEST_BYTES = 4 << 20;
    private static final int MAX_REPLY_BYTES = 64 << 20;

    private Wire() {}

    /**
     * A command.
     *
     * @param directory where it was given, which the paths among its arguments are relative to
     * @param arguments as they were given
     */
    record Request(String directory, List<String> arguments) {}

    static void writeRequest(DataOutputStream out, String directory, List<String> arguments) throws IOException {
        out.writeInt(arguments.size() + 1);
        writeText(out, directory);
        for (String argument : arguments) {
            writeText(out, argument);
        }
        out.flush();
    }

    static Request readRequest(DataInputStream in) throws IOException {
        int count = bounded(in.readInt(), MAX_ARGUMENTS);
        if (count == 0) {
            throw new IOException("a request without a directory");
        }
        List<String> texts = new ArrayList<>();
        int budget = MAX_REQUEST_BYTES;
        for (int i = 0; i < count; i++) {
            int length = bounded(in.readInt(), Math.min(budget, MAX_ARGUMENT_BYTES));
            budget -= length;
            texts.add(readText(in, length));
        }
        return new Request(texts.get(0), texts.subList(1, count));
    }

    static void writeReply(DataOutputStream out, Reply reply) throws IOException {
        out.writeByte(reply.status());
        writeText(out, reply.text());
        out.flush();
    }

    static Reply readReply(DataInputStream in) throws IOException {
        int status = in.readUnsignedByte();
        return new Reply(status, readText(in, bounded(in.readInt(), MAX_REPLY_BYTES)));
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String readText(DataInputStream in, int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int bounded(int length, int most) throws IOException {
        if (length < 0 || length > most) {
            throw new IOException("a length of " + length + " where at most " + most + " is allowed");
        }
        return length;
    }
}
