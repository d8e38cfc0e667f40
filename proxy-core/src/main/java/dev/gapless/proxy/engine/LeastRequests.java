package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Of two picked at random the one with fewer requests in flight ("the power of two choices"): nearly as even as the least of
 * all, but requests that decide at the same time do not all choose the same.
 */
final class LeastRequests implements Selection {
    @Override
    public Target select(RequestHead head, List<Target> candidates) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int first = random.nextInt(candidates.size());
        int other = random.nextInt(candidates.size() - 1);
        Target one = candidates.get(first);
        Target two = candidates.get(other < first ? other : other + 1);
        return one.inFlight() <= two.inFlight() ? one : two;
    }
}
