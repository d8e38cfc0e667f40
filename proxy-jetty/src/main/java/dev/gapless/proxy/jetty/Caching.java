package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.Fill;
import dev.gapless.proxy.cache.FillStep;
import dev.gapless.proxy.cache.HttpCache;
import dev.gapless.proxy.cache.ResponseHead;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.Response;

/** The cache of a proxy, and what the exchanges that use it share. Thread-safe. */
final class Caching {
    /** What is validated at once while it is used; what is stale beyond that goes on being so for a while. */
    private static final int MOST_REVALIDATIONS = 128;

    private final HttpCache cache;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final AtomicInteger revalidations = new AtomicInteger();

    Caching(HttpCache cache, TimeSource time, Scheduler scheduler) {
        this.cache = cache;
        this.time = time;
        this.scheduler = scheduler;
    }

    HttpCache cache() {
        return cache;
    }

    Instant now() {
        return time.now();
    }

    Scheduler scheduler() {
        return scheduler;
    }

    /** Tells the head of a target's response. {@return what is to be done with it} */
    FillStep tell(Fill fill, Decision.Forward forward, Response from) {
        ResponseHead head = ResponsePath.cacheHead(from);
        if (NamedFile.replaces(forward, from)) {
            return fill.replaced(head, now());
        } else if (ResponsePath.isTooLong(forward, from)) {
            return fill.tooLong(head, now()); // The client is to hear that it is, as it does of others.
        }
        return fill.responded(head, forward.generation(), now());
    }

    /** {@return whether there may be one more revalidation} Then {@link #revalidationEnded} is called once. */
    boolean beginsRevalidation() {
        if (revalidations.incrementAndGet() <= MOST_REVALIDATIONS) {
            return true;
        }
        revalidations.decrementAndGet();
        return false;
    }

    void revalidationEnded() {
        revalidations.decrementAndGet();
    }

    /** {@return how many revalidations are under way} */
    int revalidations() {
        return revalidations.get();
    }
}
