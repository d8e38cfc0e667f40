package dev.gapless.proxy.examples.peers;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One way through the proxy, as the scripts want to be told it.
 *
 * @param name for messages
 * @param protocol what the client speaks
 * @param port the proxy's
 * @param ca the file of the certificate to trust, null without TLS
 * @param host by what the proxy knows the target
 * @param target the script's name of the target
 */
record Route(
        String name, String protocol, int port, @Nullable String ca, String host, String target) {
    /** What clients speak with the proxy; the names are those of the scripts. */
    enum Protocol {
        HTTP("http", "HTTP/1.1", false),
        HTTPS("https", "HTTP/1.1 over TLS", true),
        H2C("h2c", "HTTP/2", false),
        H2("h2", "HTTP/2 over TLS", true);

        private final String key;
        private final String words;
        private final boolean tls;

        Protocol(String key, String words, boolean tls) {
            this.key = key;
            this.words = words;
            this.tls = tls;
        }
    }

    static Route to(String target, Protocol protocol, int port, int tlsPort, Path certificate) {
        return new Route(
                protocol.words + " to the target " + target,
                protocol.key,
                protocol.tls ? tlsPort : port,
                protocol.tls ? certificate.toString() : null,
                host(target),
                target);
    }

    static String host(String target) {
        return target + ".example.com";
    }
}
