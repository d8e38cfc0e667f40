package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Whether a response may be stored, and is worth it (RFC 9111, section 3); the reasons are what {@code Cache-Status} tells. */
enum Storing {
    /** It may. */
    ALLOWED,
    /** Only what {@code GET} got is. */
    METHOD,
    /** 206, 304 and 1xx are no whole responses; {@code must-understand} with a status that means nothing here. */
    STATUS,
    /** The response says {@code no-store}. */
    NO_STORE,
    /** The response is for one user. */
    PRIVATE,
    /** {@code Cache-Control} cannot be read. */
    MALFORMED,
    /** The request had credentials, and the response does not say that others may have it (section 3.5). */
    AUTHORIZATION,
    /** {@code Vary} has an asterisk, or names what is different for each request. */
    VARY,
    /** The response sets a cookie. */
    COOKIE,
    /** A stream has no end. */
    STREAM,
    /** A file is sent in the place of its body. */
    FILE,
    /** It could neither be used nor validated. */
    USELESS,
    /** It is longer than what is stored. */
    TOO_LARGE,
    /** Too much is being stored at the moment. */
    NO_ROOM;

    /** The status codes whose meaning for caches is implemented (section 5.2.2.3). */
    private static final Set<Integer> UNDERSTOOD = Set.of(
            200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408,
            409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504,
            505, 511);

    static Storing of(CacheRequest request, ResponseHead head, long requestTime, long responseTime) {
        CacheOptions options = request.options();
        CacheControl control = CacheControl.of(head, options.targetedFields());
        Storing allowed = allowed(request, head, control);
        if (allowed != ALLOWED) {
            return allowed;
        }
        Freshness freshness = Freshness.of(head, control, options, requestTime, responseTime);
        return isUseful(head, control, freshness, responseTime) ? ALLOWED : USELESS;
    }

    private static Storing allowed(CacheRequest request, ResponseHead head, CacheControl control) {
        int status = head.status();
        if (!request.isGet()) {
            return METHOD;
        }
        if (status < 200 || status == 206 || status == 304) {
            return STATUS;
        }
        Storing said = said(control, status);
        if (said != ALLOWED) {
            return said;
        }
        if (Variant.varyNames(head) == null) {
            return VARY;
        }
        Storing shared = shared(request, head, control, control.unstoredFields());
        return shared == ALLOWED && isStream(head) ? STREAM : shared;
    }

    /**
     * {@return whether what a 304, or the head of a response, says may become part of what is stored} Others will get that, so it is
     * judged as a response that is to be stored; that it is for all it has to say itself.
     *
     * @param request what it answers
     * @param news what it says
     * @param fresh the stored response, as that makes it
     */
    static Storing ofUpdate(CacheRequest request, ResponseHead news, StoredResponse fresh) {
        CacheControl control = fresh.control();
        Storing said = said(control, fresh.status());
        if (said != ALLOWED) {
            return said;
        }
        List<String> names = Variant.varyNames(fresh.head());
        // Of the requests that it was selected by, nothing is known but the fields that it has varied on.
        boolean varies = names == null || !fresh.variant().names().containsAll(names);
        CacheControl own = CacheControl.of(news, request.options().targetedFields());
        return varies ? VARY : shared(request, news, own, control.unstoredFields());
    }

    /** What {@code Cache-Control}, or what stands for it, says of a response with the status. */
    private static Storing said(CacheControl control, int status) {
        if (control.mustUnderstand() && !UNDERSTOOD.contains(status)) {
            return STATUS;
        }
        if (control.malformed()) {
            return MALFORMED;
        }
        if (control.noStore() && !control.mustUnderstand()) {
            return NO_STORE;
        }
        return control.isPrivate() ? PRIVATE : ALLOWED;
    }

    /** Whether what was said to one client, but for the fields that are not stored, may be said to others. */
    private static Storing shared(CacheRequest request, ResponseHead head, CacheControl control, Set<String> unstored) {
        if (control.isForClientOf(request)) {
            return AUTHORIZATION;
        }
        boolean setsCookies = head.first("Set-Cookie") != null && !unstored.contains("set-cookie");
        return setsCookies && !mayStoreCookies(control, request.options()) ? COOKIE : ALLOWED;
    }

    /** Whether it is for this client only, and says nothing against what is stored for others. */
    boolean isForOneClient() {
        return this == AUTHORIZATION || this == COOKIE;
    }

    private static boolean mayStoreCookies(CacheControl control, CacheOptions options) {
        return options.storeCookies()
                || control.isPublic()
                || control.targeted()
                || control.sharedMaxAge() != Directives.ABSENT;
    }

    private static boolean isStream(ResponseHead head) {
        String type = head.first("Content-Type");
        return type != null && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
    }

    private static boolean isUseful(ResponseHead head, CacheControl control, Freshness freshness, long now) {
        boolean said = freshness.lifetime() != Freshness.UNSAID;
        if (head.hasValidator()) {
            return said || control.noCache() || control.isPublic();
        }
        long stale = Math.max(0, Math.max(control.staleWhileRevalidate(), control.staleIfError())) * 1000;
        return said && !control.noCache() && freshness.remaining(now) + stale > 0;
    }
}
