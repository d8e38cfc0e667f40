package dev.gapless.proxy.cache;

import dev.gapless.proxy.CachePurge;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What somebody wants to be gone, and not to come from fills that began before. Immutable. */
final class Purge {
    private final CachePurge what;
    private final Optional<String> prefix;

    Purge(CachePurge what) {
        this.what = what;
        this.prefix = what.pathPrefix().map(PathPrefixes::decoded);
    }

    /** Whether responses of the key may be meant. */
    boolean concerns(CacheKey key) {
        return said(what.service(), key.service())
                && said(what.host(), key.host())
                && (prefix.isEmpty() || PathPrefixes.isBelow(key.path(), prefix.get()));
    }

    /** Whether a response is meant, whose key may be. */
    boolean takes(StoredResponse response) {
        return what.tag().isEmpty() || response.tags().contains(what.tag().get());
    }

    /** Has a fill, whose key may be meant, not store what is. */
    void tell(Fill fill) {
        what.tag().ifPresentOrElse(fill::purge, fill::purge);
    }

    private static boolean said(Optional<String> wanted, @Nullable String actual) {
        return wanted.isEmpty() || wanted.get().equals(actual);
    }
}
