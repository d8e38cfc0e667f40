package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Each in turn; only those that can take a request have turns. */
final class RoundRobin implements Selection {
    private final AtomicInteger turn = new AtomicInteger();

    @Override
    public Target select(RequestHead head, List<Target> candidates) {
        return candidates.get(Math.floorMod(turn.getAndIncrement(), candidates.size()));
    }
}
