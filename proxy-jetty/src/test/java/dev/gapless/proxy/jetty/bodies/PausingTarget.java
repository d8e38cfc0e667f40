package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.faults.RawTarget;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Semaphore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A target that sends its response part by part: each after the first when the test says so. */
final class PausingTarget extends RawTarget {
    /** What is sent at once. */
    interface Part {
        void writeTo(OutputStream out) throws IOException;

        static Part of(String text) {
            return out -> out.write(text.getBytes(ISO_8859_1));
        }

        /** These bytes of the {@link Pattern}. */
        static Part of(long from, long to) {
            return out -> Pattern.write(out, from, to);
        }

        default Part then(Part next) {
            return out -> {
                writeTo(out);
                next.writeTo(out);
            };
        }
    }

    private final List<Part> parts;
    private final Semaphore permits = new Semaphore(1);
    private volatile boolean closes;

    PausingTarget(Part... parts) {
        this.parts = List.of(parts);
    }

    static PausingTarget of(String... parts) {
        return new PausingTarget(List.of(parts).stream().map(Part::of).toArray(Part[]::new));
    }

    /** One whose body is a {@link Pattern} of that length; only the last byte has to be asked for. */
    static PausingTarget keepingTheLastByte(long length) {
        return new PausingTarget(declaring(length).then(Part.of(0, length - 1)), Part.of(length - 1, length));
    }

    /** As {@link #keepingTheLastByte}, but what has to be asked for is the end of a body whose bytes have all come. */
    static PausingTarget keepingTheEnd(long length) {
        Part head =
                Part.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Long.toHexString(length) + "\r\n");
        return new PausingTarget(head.then(Part.of(0, length)), Part.of("\r\n0\r\n\r\n"));
    }

    static Part declaring(long length) {
        return Part.of("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
    }

    /** Has it close the connection after the last part. */
    PausingTarget closing() {
        closes = true;
        return this;
    }

    /** Has it send one more part. */
    void goOn() {
        permits.release();
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        for (Part part : parts) {
            permits.acquire();
            part.writeTo(call.socket().getOutputStream());
        }
        return !closes;
    }
}
