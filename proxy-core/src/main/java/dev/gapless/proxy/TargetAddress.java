package dev.gapless.proxy;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of one backend, and the protocol spoken there. It has one string form, which {@link #parse} reads and {@code
 * toString} writes:
 *
 * <table>
 *   <caption>Forms of an address</caption>
 *   <tr><th>form</th><th>what is spoken</th></tr>
 *   <tr><td>{@code host:port}, also written {@code http://host:port}</td><td>HTTP/1.1</td></tr>
 *   <tr><td>{@code https://host:port}</td><td>TLS; HTTP/2 if the target chooses it in the handshake, else HTTP/1.1</td></tr>
 *   <tr><td>{@code h2c://host:port}</td><td>HTTP/2 in clear text, by prior knowledge</td></tr>
 *   <tr><td>{@code unix:/path}</td><td>HTTP/1.1 over a Unix domain socket</td></tr>
 *   <tr><td>{@code jvm://name}</td><td>HTTP/1.1 through memory, with a part of this process that was given the name</td></tr>
 * </table>
 *
 * <p>The host is a name, an IPv4 address or an IPv6 address in brackets ({@code [::1]:3000}). Without a port 80 is meant, and
 * 443 for {@code https}. The path of a socket is absolute. Immutable; equal if the string forms are.
 */
public sealed interface TargetAddress {
    /** What is spoken with a target. */
    enum Protocol {
        /** HTTP/1.1 in clear text. */
        HTTP("", 80),
        /** HTTP/2 or HTTP/1.1 over TLS, as the target chooses by ALPN; see {@link ServiceOptions#targetTls}. */
        HTTPS("https://", 443),
        /** HTTP/2 in clear text, by prior knowledge: there is no upgrade from HTTP/1.1. */
        H2C("h2c://", 80);

        /** What stands before the host; nothing for the protocol that goes without saying. */
        private final String prefix;

        private final int defaultPort;

        Protocol(String prefix, int defaultPort) {
            this.prefix = prefix;
            this.defaultPort = defaultPort;
        }
    }

    /** {@return what is spoken with the target} */
    Protocol protocol();

    /**
     * Reads an address.
     *
     * @param text {@code host:port}, {@code http://host:port}, {@code https://host:port}, {@code h2c://host:port}, {@code
     *     unix:/path} or {@code jvm://name}; the port may be left out
     * @return the address
     * @throws IllegalArgumentException if the text has another form; the message quotes it and says which are accepted
     */
    static TargetAddress parse(String text) {
        try {
            if (text.startsWith(InProcess.PREFIX)) {
                return new InProcess(text.substring(InProcess.PREFIX.length()));
            }
            return text.startsWith(Unix.PREFIX + "/") ? new Unix(text.substring(Unix.PREFIX.length())) : Tcp.read(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "target \"" + text + "\" is not an address: " + e.getMessage()
                            + "; expected host:port, for example \"127.0.0.1:3000\", or http://host:port, https://host:port, "
                            + "h2c://host:port, unix:/path or jvm://name",
                    e);
        }
    }

    /**
     * A target that listens on a TCP port.
     *
     * @param protocol what is spoken there
     * @param host the host as it is connected to; an IPv6 address stands here without its brackets
     * @param port the TCP port, 1 to 65535
     */
    record Tcp(Protocol protocol, String host, int port) implements TargetAddress {
        private static final Pattern FORM = Pattern.compile("(?:(?<protocol>http|https|h2c)://)?"
                + "(?:\\[(?<v6>[0-9A-Fa-f:.]+(?:%[0-9A-Za-z]+)?)]|(?<name>[0-9A-Za-z._-]+))"
                + "(?::(?<port>[0-9]{1,5}))?");

        /**
         * Checks the port; {@link TargetAddress#parse} also checks the host.
         *
         * @param protocol what is spoken there
         * @param host the host as it is connected to; an IPv6 address stands here without its brackets
         * @param port the TCP port, 1 to 65535
         * @throws IllegalArgumentException if the host is empty or the port is outside 1 to 65535
         */
        public Tcp {
            if (host.isEmpty()) {
                throw new IllegalArgumentException("target host \"\" is empty; expected a name or an address");
            }
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException(
                        "target port " + port + " of \"" + host + "\" is outside 1 to 65535");
            }
        }

        private static Tcp read(String text) {
            Matcher form = FORM.matcher(text);
            if (!form.matches()) {
                throw new IllegalArgumentException("it has another form");
            }
            Protocol protocol = protocol(form.group("protocol"));
            String port = form.group("port");
            String host = form.group("v6") != null ? form.group("v6") : form.group("name");
            return new Tcp(protocol, host, port == null ? protocol.defaultPort : Integer.parseInt(port));
        }

        private static Protocol protocol(@Nullable String prefix) {
            return prefix == null ? Protocol.HTTP : Protocol.valueOf(prefix.toUpperCase(Locale.ROOT));
        }

        /** {@return host and port, as they stand in a Host header} */
        public String authority() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }

        /** {@return the form that {@link TargetAddress#parse} reads, always with the port, and without {@code http://}} */
        @Override
        public String toString() {
            return protocol == Protocol.HTTP ? authority() : protocol.prefix + authority();
        }
    }

    /**
     * A target that listens on a Unix domain socket, and speaks HTTP/1.1.
     *
     * @param path the absolute path of the socket
     */
    record Unix(String path) implements TargetAddress {
        private static final String PREFIX = "unix:";
        /** What {@code sun_path} has room for on Linux, less the zero at its end. */
        private static final int MAX_LENGTH = 107;

        /**
         * Checks the path.
         *
         * @param path the absolute path of the socket
         * @throws IllegalArgumentException if it does not start with a slash, has other characters than visible ones of ASCII, or
         *     is longer than 107 characters, which is the most that Linux takes
         */
        public Unix {
            boolean plain = path.startsWith("/") && path.chars().allMatch(c -> c > ' ' && c < 0x7F);
            if (!plain || path.length() > MAX_LENGTH) {
                throw new IllegalArgumentException(
                        "socket path \"" + path + "\" must start with \"/\", have only visible "
                                + "ASCII characters, and at most " + MAX_LENGTH + " of them");
            }
        }

        /** {@return {@link Protocol#HTTP}} */
        @Override
        public Protocol protocol() {
            return Protocol.HTTP;
        }

        /** {@return the form that {@link TargetAddress#parse} reads} */
        @Override
        public String toString() {
            return PREFIX + path;
        }
    }

    /**
     * A target in this process, which the adapter has been given under a name; it speaks HTTP/1.1, and has no socket.
     *
     * @param name what it was given as
     */
    record InProcess(String name) implements TargetAddress {
        private static final String PREFIX = "jvm://";
        private static final Pattern FORM = Pattern.compile("[0-9A-Za-z._-]{1,64}");

        /**
         * Checks the name.
         *
         * @param name what it was given as
         * @throws IllegalArgumentException if it has other characters than letters, digits, {@code .}, {@code _} and {@code -}, or
         *     none, or more than 64
         */
        public InProcess {
            if (!FORM.matcher(name).matches()) {
                throw new IllegalArgumentException("name \"" + name
                        + "\" of a target in the process must be 1 to 64 letters, digits, \".\", \"_\" and \"-\"");
            }
        }

        /** {@return {@link Protocol#HTTP}} */
        @Override
        public Protocol protocol() {
            return Protocol.HTTP;
        }

        /** {@return the form that {@link TargetAddress#parse} reads} */
        @Override
        public String toString() {
            return PREFIX + name;
        }
    }
}
