package dev.gapless.proxy.cache;

import java.util.Locale;

/** Why a request goes to its target (RFC 9211, section 2.2). */
enum Forward {
    /** The request has nothing to do with the cache. */
    BYPASS,
    /** Its method is never answered from the cache. */
    METHOD,
    /** Nothing is stored of the URL. */
    URI_MISS,
    /** What is stored of the URL is not for this request. */
    VARY_MISS,
    /** What is stored would do, but the request wants otherwise. */
    REQUEST,
    /** What is stored is to be validated. */
    STALE;

    String token() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
