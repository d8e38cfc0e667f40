package dev.gapless.proxy.jetty.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names of hosts as certificates have them. */
final class AcmeHosts {
    private static final Pattern NAME =
            Pattern.compile("(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+");
    private static final int MAX_LENGTH = 253;

    private AcmeHosts() {}

    /** {@return a host as a client names it, in lower case, without port and trailing dot} */
    static String canonical(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        int port = name.lastIndexOf(':');
        if (port >= 0 && name.indexOf(']', port) < 0) {
            name = name.substring(0, port);
        }
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** {@return whether it is a name in canonical form, neither an address nor a wildcard} */
    static boolean isName(String host) {
        return host.length() <= MAX_LENGTH
                && NAME.matcher(host).matches()
                && !ADDRESS.matcher(host).matches();
    }

    static boolean isWildcard(String host) {
        return host.startsWith("*.");
    }

    /** {@return the wildcard of one label that covers a name} */
    static String wildcardOf(String host) {
        return "*" + host.substring(Math.max(host.indexOf('.'), 0));
    }

    /** Refuses hosts for which nobody gives a certificate by ACME. */
    static void check(List<String> hosts) {
        for (String host : hosts) {
            if (!isName(isWildcard(host) ? host.substring(2) : host)) {
                throw new IllegalArgumentException("host \"" + host
                        + "\" is not a name that an automatic certificate can be for; expected for example "
                        + "\"example.com\" or \"*.example.com\"");
            }
        }
    }

    static boolean covers(X509Certificate certificate, List<String> hosts) {
        return Chain.names(certificate).containsAll(hosts);
    }
}
