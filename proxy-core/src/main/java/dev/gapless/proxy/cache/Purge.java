package dev.gapless.proxy.cache;

import dev.gapless.proxy.CachePurge;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is to go, and must not come from fills that began before. */
interface Purge {
    /** Whether responses of the key may be meant. */
    boolean concerns(CacheKey key);

    /** Whether a response is meant, whose key may be. */
    boolean takes(StoredResponse response);

    /** A URL, whatever was selected of it (RFC 9111, section 4.4). */
    static Purge of(CacheKey invalid) {
        return new Purge() {
            @Override
            public boolean concerns(CacheKey key) {
                return key.equals(invalid);
            }

            @Override
            public boolean takes(StoredResponse response) {
                return true;
            }
        };
    }

    /** A body that is not right any more, whoever may still say that it is. */
    static Purge of(StoredResponse replaced) {
        return new Purge() {
            @Override
            public boolean concerns(CacheKey key) {
                return key.equals(replaced.key());
            }

            @Override
            public boolean takes(StoredResponse response) {
                return response.body() == replaced.body();
            }
        };
    }

    static Purge of(CachePurge purge) {
        Optional<String> prefix = purge.pathPrefix().map(PathPrefixes::decoded);
        return new Purge() {
            @Override
            public boolean concerns(CacheKey key) {
                return said(purge.service(), key.service())
                        && said(purge.host(), key.host())
                        && (prefix.isEmpty() || PathPrefixes.isBelow(key.path(), prefix.get()));
            }

            @Override
            public boolean takes(StoredResponse response) {
                return purge.tag().isEmpty()
                        || response.tags().contains(purge.tag().get());
            }
        };
    }

    private static boolean said(Optional<String> wanted, @Nullable String actual) {
        return wanted.isEmpty() || wanted.get().equals(actual);
    }
}
