package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Where the frames of a WebSocket end, read the plain way from all of its bytes at once, to compare {@link WebSocketFrames}
 * with. Positions count the bytes before.
 */
final class ReferenceFrames {
    private static final long NEVER = Long.MAX_VALUE;

    private final byte[] bytes;
    private final NavigableSet<Long> ends = new TreeSet<>();
    private long closed = NEVER;
    private long broken = NEVER;

    private ReferenceFrames(byte[] bytes) {
        this.bytes = bytes;
        read();
    }

    static ReferenceFrames of(byte[] bytes) {
        return new ReferenceFrames(bytes);
    }

    private void read() {
        boolean within = false;
        long begin = 0;
        while (begin < bytes.length) {
            int at = (int) begin;
            boolean last = (bytes[at] & 0x80) != 0;
            switch (bytes[at] & 0x0F) {
                case 0 -> {
                    breaksIf(!within, at + 1);
                    within = !last;
                }
                case 1, 2 -> {
                    breaksIf(within, at + 1);
                    within = !last;
                }
                case 8, 9, 10 -> {
                    breaksIf(!last, at + 1);
                    breaksIf(at + 1 < bytes.length && (bytes[at + 1] & 0x7F) > 125, at + 2);
                }
                default -> breaksIf(true, at + 1);
            }
            long payload = payload(at);
            breaksIf(payload < 0, at + 3);
            int header = at + headerLength(at);
            if (broken != NEVER || header > bytes.length) {
                return;
            }
            if ((bytes[at] & 0x0F) == 8) {
                closed = Math.min(closed, header);
            }
            begin = header + payload;
            if (begin < 0) {
                return; // No byte will come this far.
            }
            ends.add(begin);
        }
    }

    private void breaksIf(boolean wrong, long after) {
        if (wrong && broken == NEVER) {
            broken = after;
        }
    }

    /** {@return the length that is declared, and 0 as long as it has not come} */
    private long payload(int at) {
        int length = at + 1 < bytes.length ? bytes[at + 1] & 0x7F : 0;
        ByteBuffer all = ByteBuffer.wrap(bytes);
        if (length == 126) {
            return at + 4 <= bytes.length ? Short.toUnsignedLong(all.getShort(at + 2)) : 0;
        } else if (length == 127) {
            boolean topBit = at + 3 <= bytes.length && bytes[at + 2] < 0;
            return topBit ? -1 : at + 10 <= bytes.length ? all.getLong(at + 2) : 0;
        }
        return length;
    }

    private int headerLength(int at) {
        if (at + 1 >= bytes.length) {
            return 2;
        }
        int extended = switch (bytes[at + 1] & 0x7F) {
            case 126 -> 2;
            case 127 -> 8;
            default -> 0;
        };
        return 2 + extended + (bytes[at + 1] < 0 ? 4 : 0);
    }

    boolean isBetweenFrames(long position) {
        return position == 0 || ends.contains(position);
    }

    boolean hasClosed(long position) {
        return position >= closed;
    }

    boolean isBroken(long position) {
        return position >= broken;
    }

    /** {@return where the frame ends that goes on at a position, or {@code limit} if it goes on beyond} */
    long end(long position, long limit) {
        Long end = ends.higher(position);
        return end == null ? limit : Math.min(end, limit);
    }
}
