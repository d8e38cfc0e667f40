package dev.gapless.proxy;

import java.util.Locale;
import java.util.Optional;

/**
 * Which stored responses are to go: those that have all that is named here. Immutable: each {@code with} method returns another.
 *
 * <pre>{@code
 * CachePurge.ofService("shop").withTag("product-42")
 * }</pre>
 */
public final class CachePurge {
    private static final CachePurge EVERYTHING =
            new CachePurge(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private final Optional<String> service;
    private final Optional<String> host;
    private final Optional<String> pathPrefix;
    private final Optional<String> tag;

    private CachePurge(
            Optional<String> service, Optional<String> host, Optional<String> pathPrefix, Optional<String> tag) {
        this.service = service;
        this.host = host;
        this.pathPrefix = pathPrefix;
        this.tag = tag;
    }

    /** {@return all that is stored} */
    public static CachePurge everything() {
        return EVERYTHING;
    }

    /**
     * {@return all that is stored of a service}
     *
     * @param service its name
     */
    public static CachePurge ofService(String service) {
        return new CachePurge(Optional.of(service), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * {@return of this what was asked from a host}
     *
     * @param name the host, without a port, in any case
     */
    public CachePurge withHost(String name) {
        return new CachePurge(service, Optional.of(name.toLowerCase(Locale.ROOT)), pathPrefix, tag);
    }

    /**
     * {@return of this what has a path below a prefix} A prefix takes whole segments, as routes do, and is compared with the
     * decoded path.
     *
     * @param prefix the prefix, as clients see it
     * @throws IllegalArgumentException if it does not begin with a slash
     */
    public CachePurge withPathPrefix(String prefix) {
        if (!prefix.startsWith("/")) {
            throw new IllegalArgumentException("path prefix \"" + prefix + "\" must begin with \"/\"");
        }
        return new CachePurge(service, host, Optional.of(prefix), tag);
    }

    /**
     * {@return of this what has a tag in its {@code Cache-Tag} field}
     *
     * @param name the tag, case-sensitive
     */
    public CachePurge withTag(String name) {
        return new CachePurge(service, host, pathPrefix, Optional.of(name));
    }

    /** {@return the service that is purged; every one if empty} */
    public Optional<String> service() {
        return service;
    }

    /** {@return the host that is purged, in lower case; every one if empty} */
    public Optional<String> host() {
        return host;
    }

    /** {@return the prefix of the paths that are purged; every path if empty} */
    public Optional<String> pathPrefix() {
        return pathPrefix;
    }

    /** {@return the tag of what is purged; with any tags or none, if empty} */
    public Optional<String> tag() {
        return tag;
    }
}
