package dev.gapless.proxy.spi;

import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the responses that a proxy has cached, in this process; the default keeps the most useful ones in memory. Which
 * responses may be kept, and which may be used, is not its business: it may forget any of them at any time, and must never
 * return one under another key. Implementations are thread-safe and fast: requests call them, and must not wait.
 */
public interface CacheStore {
    /**
     * What responses are kept under. Two keys are the same if {@link Object#equals} says so, which compares all that they are made
     * of; the same hash says nothing.
     */
    interface Key {}

    /** The responses of one key. Immutable. */
    interface Entry {
        /** {@return how many bytes of memory the entry takes, its key included} */
        long weight();
    }

    /**
     * {@return the entry of a key, or null if there is none}
     *
     * @param key the key
     */
    @Nullable
    Entry get(Key key);

    /**
     * Changes the entry of a key; changes of one key happen one after the other.
     *
     * @param key the key
     * @param change gets what is there, or null, and returns what shall be there, or null for nothing; short, called once, and
     *     does not call the store
     */
    void update(Key key, UnaryOperator<@Nullable Entry> change);

    /**
     * Shows each entry; those that come meanwhile may be missed.
     *
     * @param visitor told each key and its entry; may call {@link #update}
     */
    void forEach(BiConsumer<Key, Entry> visitor);

    /** {@return how many bytes the entries take together; about, while requests go on} */
    long weight();
}
