package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who serves which host over TLS: an immutable snapshot, in which a host is found as requests are routed: by its name, as a
 * wildcard for its first label, or among the services without hosts, and the first of these that has any route is final.
 */
final class CertificateTable {
    static final CertificateTable EMPTY = new CertificateTable(Map.of());

    /** Where the service without hosts is filed. */
    private static final String ANY_HOST = "";

    /**
     * Who serves a host.
     *
     * @param service the name of the service
     * @param certificates gives its certificate; does not throw
     * @param context what is asked of its clients
     */
    record Entry(String service, CertificateSource certificates, ServerContext context) {}

    private final Map<String, Optional<Entry>> hosts;
    /** In the order of their names, so that always the same serves those who name no host. */
    private final Map<String, Entry> all;

    CertificateTable(Map<String, Optional<Entry>> hosts) {
        this.hosts = Map.copyOf(hosts);
        this.all = new TreeMap<>();
        hosts.forEach((host, entry) -> entry.ifPresent(serving -> all.put(host, serving)));
    }

    /** {@return who serves the host over TLS, or null} */
    @Nullable
    Entry find(String host) {
        Optional<Entry> level = level(host);
        return level == null ? null : level.orElse(null);
    }

    /** {@return whether any service has the host, with TLS or without} */
    boolean isServed(String host) {
        return level(host) != null;
    }

    @SuppressWarnings("NullableOptional") // No level, and a level without TLS, are two things.
    private @Nullable Optional<Entry> level(String host) {
        Optional<Entry> level = hosts.get(host);
        if (level == null) {
            int dot = host.indexOf('.');
            level = dot <= 0 ? null : hosts.get("*" + host.substring(dot));
        }
        return level == null ? hosts.get(ANY_HOST) : level;
    }

    /** {@return who serves all hosts that nobody else has over TLS, or null} */
    @Nullable
    Entry anyHost() {
        Optional<Entry> level = hosts.get(ANY_HOST);
        return level == null ? null : level.orElse(null);
    }

    /** {@return a certificate for a client that names no host: the first that there is} */
    Optional<ServerCertificate> anyCertificate() {
        return all.entrySet().stream()
                .flatMap(entry -> entry.getValue().certificates().certificate(sample(entry.getKey())).stream())
                .findFirst();
    }

    /** A name that a certificate for the host could be asked for by. */
    private static String sample(String host) {
        return host.startsWith("*.") ? "www" + host.substring(1) : host;
    }
}
