package dev.gapless.proxy.engine;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The targets whose requests have deadlines. A target is added when one of its requests gets a deadline, unless it is here
 * already, and leaves when a check finds it idle: what a check costs does not grow with the targets that have nothing to do.
 */
final class ExpiryWatch {
    private final Set<Target> targets = ConcurrentHashMap.newKeySet();

    void add(Target target) {
        targets.add(target);
    }

    void remove(Target target) {
        targets.remove(target);
    }

    void check(long now) {
        targets.forEach(target -> target.checkExpiry(now));
    }
}
