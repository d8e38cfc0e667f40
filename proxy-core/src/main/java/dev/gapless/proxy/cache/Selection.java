package dev.gapless.proxy.cache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which stored responses of its URL a request selects. Nearly always all of them vary on the same fields, so that the request,
 * which may be long, is read once. Not thread-safe.
 */
final class Selection {
    private final CacheRequest request;
    private @Nullable Variant asked;

    Selection(CacheRequest request) {
        this.request = request;
    }

    boolean selects(StoredResponse response) {
        List<String> names = response.variant().names();
        Variant known = asked;
        if (known == null || !known.names().equals(names)) {
            known = Variant.of(request.head(), names, request.options().keyHeaders());
            asked = known;
        }
        return known.equals(response.variant());
    }
}
