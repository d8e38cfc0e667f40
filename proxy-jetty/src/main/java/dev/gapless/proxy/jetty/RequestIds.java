package dev.gapless.proxy.jetty;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Makes {@code X-Request-ID}s: random UUIDs (RFC 9562, version 4), which tell requests apart and need not be secret. */
final class RequestIds {
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private RequestIds() {}

    static String next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = (random.nextLong() & ~0xF000L) | VERSION_4;
        long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | VARIANT;
        return new UUID(high, low).toString();
    }
}
