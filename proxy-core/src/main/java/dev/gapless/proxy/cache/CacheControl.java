package dev.gapless.proxy.cache;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a response says of caching: in the first targeted field that it has and that is well-formed, or in {@code Cache-Control}.
 * Immutable.
 *
 * @param targeted whether a targeted field says it, so that {@code Expires} says nothing (RFC 9213, section 2.2)
 * @param malformed whether it cannot be known what is said
 * @param noCache whether all of the response is to be validated before each use
 * @param isPrivate whether all of it is for one user
 * @param unstoredFields the header fields, in lower case, that are for one user or for one use
 * @param maxAge in seconds, or {@link Directives#ABSENT}, as all that follow
 */
record CacheControl(
        boolean targeted,
        boolean malformed,
        boolean noStore,
        boolean noCache,
        boolean isPrivate,
        boolean isPublic,
        boolean mustRevalidate,
        boolean proxyRevalidate,
        boolean mustUnderstand,
        Set<String> unstoredFields,
        long maxAge,
        long sharedMaxAge,
        long staleWhileRevalidate,
        long staleIfError) {

    static CacheControl of(ResponseHead head, List<String> targetedFields) {
        for (String name : targetedFields) {
            String value = head.value(name);
            Map<String, Object> members = value == null ? null : StructuredDictionary.parse(value);
            if (members != null) {
                return ofTargeted(members);
            }
        }
        Directives directives = Directives.parse(head.value("Cache-Control"));
        return of(
                false,
                directives.malformed(),
                directives::has,
                directives::hasForAll,
                directives::fields,
                directives::seconds);
    }

    private static CacheControl ofTargeted(Map<String, Object> members) {
        Predicate<String> has = name -> members.containsKey(name) && !Boolean.FALSE.equals(members.get(name));
        Function<String, List<String>> fields =
                name -> members.get(name) instanceof String text ? FieldValues.names(text) : List.of();
        return of(
                true,
                false,
                has,
                name -> has.test(name) && fields.apply(name).isEmpty(),
                fields,
                name -> seconds(members.get(name)));
    }

    private static long seconds(@Nullable Object member) {
        if (member instanceof Long number) {
            return Math.min(Math.max(0, number), FieldValues.MOST_SECONDS);
        }
        return member == null ? Directives.ABSENT : 0;
    }

    private static CacheControl of(
            boolean targeted,
            boolean malformed,
            Predicate<String> has,
            Predicate<String> hasForAll,
            Function<String, List<String>> fields,
            Function<String, Long> seconds) {
        Set<String> unstored = new HashSet<>(fields.apply("no-cache"));
        unstored.addAll(fields.apply("private"));
        return new CacheControl(
                targeted,
                malformed,
                has.test("no-store"),
                hasForAll.test("no-cache"),
                hasForAll.test("private"),
                has.test("public"),
                has.test("must-revalidate"),
                has.test("proxy-revalidate"),
                has.test("must-understand"),
                Set.copyOf(unstored),
                seconds.apply("max-age"),
                seconds.apply("s-maxage"),
                seconds.apply("stale-while-revalidate"),
                seconds.apply("stale-if-error"));
    }

    /** Whether a stale response must not be used, whatever happens (RFC 9111, section 4.2.4). */
    boolean forbidsStale() {
        return noCache || mustRevalidate || proxyRevalidate || sharedMaxAge != Directives.ABSENT;
    }

    /** Whether the response to a request is for nobody else, as that has credentials. */
    boolean isForClientOf(CacheRequest request) {
        return request.has("Authorization") && !allowsAuthorized();
    }

    /** Whether the response to a request with {@code Authorization} may be stored (RFC 9111, section 3.5). */
    private boolean allowsAuthorized() {
        return isPublic || mustRevalidate || sharedMaxAge != Directives.ABSENT;
    }
}
