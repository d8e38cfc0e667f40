package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.faults.Bytes;
import dev.gapless.proxy.jetty.faults.RawTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A request that a target has read to its proper end. */
@SuppressWarnings("ArrayRecordComponent")
record Upload(String head, byte[] body, List<String> trailers) {
    /** Reads what follows the head; fails if the request breaks off. */
    static Upload read(RawTarget.Call call) throws IOException {
        List<String> trailers = new ArrayList<>();
        byte[] body = Bytes.body(call.in(), call.head(), trailers);
        return new Upload(call.head(), body, trailers);
    }

    /** The value of the only field of that name, or null. */
    @Nullable
    String field(String name) {
        String start = "\r\n" + name.toLowerCase(Locale.ROOT) + ": ";
        String lower = head.toLowerCase(Locale.ROOT);
        int at = lower.indexOf(start);
        if (at < 0) {
            return null;
        }
        if (lower.indexOf(start, at + 1) >= 0) {
            throw new AssertionError(name + " comes twice: " + head);
        }
        return head.substring(at + start.length(), head.indexOf("\r\n", at + 2));
    }
}
