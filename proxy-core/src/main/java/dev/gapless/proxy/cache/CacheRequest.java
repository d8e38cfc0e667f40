package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.RequestHead;

/**
 * A request, and what the cache has to know beside it.
 *
 * @param head the request as its target will get it, but for what the proxy adds for each client; readable until the cache has
 *     done with it, which may be after the client has gone
 * @param key what it asks for
 * @param options how its service is cached
 * @param generation the deployment whose targets would answer it
 */
public record CacheRequest(RequestHead head, CacheKey key, CacheOptions options, long generation) {
    /** {@return this request, as another generation answers it} */
    CacheRequest answeredBy(long other) {
        return other == generation ? this : new CacheRequest(head, key, options, other);
    }

    boolean isHead() {
        return head.method().equals("HEAD");
    }

    boolean isGet() {
        return head.method().equals("GET");
    }

    /** Whether the method promises to change nothing (RFC 9110, section 9.2.1). */
    boolean isSafe() {
        return switch (head.method()) {
            case "GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY" -> true;
            default -> false;
        };
    }

    boolean has(String name) {
        return head.header(name) != null;
    }

    /** Whether the request has conditions that the store can judge (RFC 9111, section 4.3.2). */
    boolean isConditional() {
        return has("If-None-Match") || has("If-Modified-Since");
    }

    /** Whether only the target can answer: conditions of its own, content, another protocol, something to wait for. */
    boolean isForTargetOnly() {
        return has("If-Match")
                || has("If-Unmodified-Since")
                || has("Transfer-Encoding")
                || has("Upgrade")
                || hasContent();
    }

    private boolean hasContent() {
        String length = head.header("Content-Length");
        return length != null && !length.equals("0");
    }
}
