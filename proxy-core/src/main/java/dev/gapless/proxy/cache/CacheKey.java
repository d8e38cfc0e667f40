package dev.gapless.proxy.cache;

import dev.gapless.proxy.spi.CacheStore;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Comparator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a response is stored under: all that it was asked with, as the target gets it, byte for byte. Nothing is decoded, sorted
 * or turned into another case, so that two requests which a target may tell apart never share a response: {@code /a%2Fb} is not
 * {@code /a/b}, {@code ?a=1;b=2} not {@code ?a=1&b=2}, {@code Example.com} not {@code example.com}.
 *
 * <p>Keys have an order, of no meaning to anyone but hash tables: clients can make up as many URLs of one hash as they like, and
 * by their order {@link java.util.concurrent.ConcurrentHashMap} finds one among them without looking at each.
 *
 * @param service the service, so that nothing is left to another one that takes its routes over
 * @param method {@code GET}: no other response is stored; it answers {@code HEAD} too
 * @param scheme {@code http} or {@code https}, as the target is told
 * @param authority the host, with a port if the client has named one
 * @param path the path that is forwarded
 * @param query the query without the question mark; null if there is none, which is not the same as an empty one
 */
public record CacheKey(
        String service,
        String method,
        String scheme,
        String authority,
        String path,
        @Nullable String query) implements CacheStore.Key, Comparable<CacheKey> {
    private static final Comparator<CacheKey> ORDER = Comparator.comparing(CacheKey::path)
            .thenComparing(CacheKey::query, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(CacheKey::authority)
            .thenComparing(CacheKey::scheme)
            .thenComparing(CacheKey::service)
            .thenComparing(CacheKey::method);

    /**
     * {@return the key of a URL}
     *
     * @param service the name of the service
     * @param scheme {@code http} or {@code https}, as the target is told
     * @param authority the host, with a port if the client has named one
     * @param path the path as the client sent it
     * @param query the query as the client sent it, without the question mark; or null
     */
    public static CacheKey of(String service, String scheme, String authority, String path, @Nullable String query) {
        return new CacheKey(service, "GET", scheme, authority, path, query);
    }

    @Override
    public int compareTo(CacheKey other) {
        return ORDER.compare(this, other);
    }

    /** {@return the host in lower case, without a port} */
    String host() {
        int colon = authority.lastIndexOf(':');
        boolean port = colon > authority.lastIndexOf(']');
        return (port ? authority.substring(0, colon) : authority).toLowerCase(Locale.ROOT);
    }

    /** {@return the key of what a reference names, or null if that has another origin, or cannot be told} */
    @Nullable
    CacheKey resolve(String reference) {
        try {
            URI base = new URI(scheme + "://" + authority + path);
            URI named = base.resolve(new URI(reference.strip()));
            boolean same = scheme.equalsIgnoreCase(named.getScheme())
                    && sameAuthority(authority, named.getRawAuthority())
                    && named.getRawPath() != null;
            return same ? of(service, scheme, authority, pathOf(named), named.getRawQuery()) : null;
        } catch (URISyntaxException | IllegalArgumentException e) {
            return null;
        }
    }

    private static String pathOf(URI uri) {
        return uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    }

    private boolean sameAuthority(String one, @Nullable String other) {
        return other != null && withoutDefaultPort(one).equalsIgnoreCase(withoutDefaultPort(other));
    }

    private String withoutDefaultPort(String spelled) {
        String port = scheme.equals("https") ? ":443" : ":80";
        return spelled.endsWith(port) ? spelled.substring(0, spelled.length() - port.length()) : spelled;
    }

    /** What the key takes of memory, in bytes. */
    long weight() {
        return 96L + service.length() + authority.length() + path.length() + (query == null ? 0 : query.length());
    }
}
