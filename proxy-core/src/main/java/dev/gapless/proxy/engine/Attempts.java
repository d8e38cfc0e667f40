package dev.gapless.proxy.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * What has been tried for one request, so that it is not sent again where it cannot succeed. Not thread-safe: a request is
 * sent to one target at a time.
 */
public final class Attempts {
    /** Unless the options say otherwise, however few targets there are: two connections may have gone stale in a row. */
    private static final int MIN_RETRIES = 2;

    private List<Target> refused = List.of();
    private List<Target> broken = List.of();
    /** Whether the last attempt burdened no target. */
    private boolean refusedLast;

    /** Nothing has been tried. */
    public Attempts() {}

    /**
     * Notes that the target did not accept a connection: the request goes there no more.
     *
     * @param target the target
     */
    public void refusedBy(Target target) {
        refused = plus(refused, target);
        refusedLast = true;
    }

    /**
     * Notes that the connection broke before a response: the request goes there again if there is no other target.
     *
     * @param target the target
     */
    public void brokenBy(Target target) {
        broken = plus(broken, target);
        refusedLast = false;
    }

    /**
     * Notes that the target has said that it did not look at the request, as one does that is about to close its connection: the
     * request goes there again if there is no other target.
     *
     * @param target the target
     */
    public void unprocessedBy(Target target) {
        broken = plus(broken, target);
        refusedLast = true;
    }

    /** {@return how often the request has been sent in vain} */
    public int count() {
        return refused.size() + broken.size();
    }

    boolean areNone() {
        return refused.isEmpty() && broken.isEmpty();
    }

    boolean isUntried(Target target) {
        return areNone() || !(refused.contains(target) || broken.contains(target));
    }

    boolean mayBeTriedAgain(Target target) {
        return !refused.contains(target);
    }

    boolean mayGoOn(Service service) {
        return count() <= maxRetries(service);
    }

    private static int maxRetries(Service service) {
        return service.options().retries().maxRetries().orElseGet(() -> Math.max(MIN_RETRIES, targetsOf(service)));
    }

    private static int targetsOf(Service service) {
        return service.pools().stream().mapToInt(pool -> pool.targets().size()).sum();
    }

    /** Whether the last attempt reached no target, or one that did not look at it, so that another one burdens none twice. */
    boolean wereRefusedLast() {
        return refusedLast;
    }

    private static List<Target> plus(List<Target> targets, Target target) {
        List<Target> more = new ArrayList<>(targets);
        more.add(target);
        return more;
    }
}
