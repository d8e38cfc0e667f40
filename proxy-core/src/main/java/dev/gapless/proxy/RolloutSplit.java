package dev.gapless.proxy;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which clients a rollout is for: those on a list, and a share of the others. A client is told by its rollout key, which is
 * the value of a cookie unless the host application computes it; one without a key is never in. Immutable.
 *
 * <p>The same key gets the same answer in every process: a key is in if its hash, FNV-1a of 32 bits over its UTF-8, is at
 * most {@code 4294967295 * percent / 100}, as it is with Kamal Proxy; but 0 percent admits nobody.
 *
 * @param percent the share, 0 to 100
 * @param allowlist keys that are in whatever their hash
 */
public record RolloutSplit(int percent, Set<String> allowlist) {
    private static final int FNV_OFFSET_BASIS = 0x811C9DC5;
    private static final int FNV_PRIME = 0x01000193;
    private static final long MAX_HASH = 0xFFFFFFFFL;

    /**
     * Checks the share and the keys.
     *
     * @param percent the share, 0 to 100
     * @param allowlist keys that are in whatever their hash
     * @throws IllegalArgumentException if the share is outside 0 to 100 or a key is empty
     */
    public RolloutSplit {
        if (percent < 0 || percent > 100) {
            throw new IllegalArgumentException("rollout percentage " + percent + " is outside 0 to 100");
        }
        if (allowlist.contains("")) {
            throw new IllegalArgumentException("rollout list " + allowlist + " has an empty key; no client has that");
        }
        allowlist = Set.copyOf(allowlist);
    }

    /**
     * {@return a split by share alone}
     *
     * @param percent the share, 0 to 100
     * @throws IllegalArgumentException if it is outside that
     */
    public static RolloutSplit percent(int percent) {
        return new RolloutSplit(percent, Set.of());
    }

    /**
     * {@return a split for listed clients alone}
     *
     * @param keys at least one, none empty
     * @throws IllegalArgumentException if there is none, or one is empty
     */
    public static RolloutSplit allowing(Collection<String> keys) {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("rollout list [] has no keys; it needs at least one");
        }
        return new RolloutSplit(0, Set.copyOf(keys));
    }

    /**
     * {@return whether the rollout is for a client}
     *
     * @param key the client's rollout key
     */
    public boolean includes(String key) {
        return allowlist.contains(key) || (percent > 0 && hash(key) <= MAX_HASH * percent / 100);
    }

    private static long hash(String key) {
        int hash = FNV_OFFSET_BASIS;
        for (byte octet : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (octet & 0xFF)) * FNV_PRIME;
        }
        return Integer.toUnsignedLong(hash);
    }

    /** {@return the split in words: {@code 10% and [alice, bob]}} */
    @Override
    public String toString() {
        String list = allowlist.isEmpty() ? "" : new TreeSet<>(allowlist).toString();
        return percent == 0 && !list.isEmpty() ? list : list.isEmpty() ? percent + "%" : percent + "% and " + list;
    }
}
