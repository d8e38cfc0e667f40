package dev.gapless.proxy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of one backend, in its only string form: {@code host:port}.
 *
 * <p>The host is a name, an IPv4 address or an IPv6 address in brackets ({@code [::1]:3000}). Without a port, 80 is meant.
 *
 * @param host the host as it is connected to; an IPv6 address stands here without its brackets
 * @param port the TCP port, 1 to 65535
 */
public record TargetAddress(String host, int port) {
    private static final int DEFAULT_PORT = 80;
    private static final Pattern FORM = Pattern.compile(
            "(?:\\[(?<v6>[0-9A-Fa-f:.]+(?:%[0-9A-Za-z]+)?)]|(?<name>[0-9A-Za-z._-]+))(?::(?<port>[0-9]{1,5}))?");

    /**
     * Checks the port; {@link #parse} also checks the host.
     *
     * @param host the host as it is connected to; an IPv6 address stands here without its brackets
     * @param port the TCP port, 1 to 65535
     * @throws IllegalArgumentException if the host is empty or the port is outside 1 to 65535
     */
    public TargetAddress {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("target host \"\" is empty; expected a name or an address");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("target port " + port + " of \"" + host + "\" is outside 1 to 65535");
        }
    }

    /**
     * Reads an address.
     *
     * @param text {@code host:port}, {@code host} or {@code [ipv6]:port}
     * @return the address
     * @throws IllegalArgumentException if the text has another form; the message quotes it
     */
    public static TargetAddress parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "target \"" + text + "\" is not an address; expected host:port, for example \"127.0.0.1:3000\"");
        }
        String port = form.group("port");
        String host = form.group("v6") != null ? form.group("v6") : form.group("name");
        try {
            return new TargetAddress(host, port == null ? DEFAULT_PORT : Integer.parseInt(port));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("target \"" + text + "\": " + e.getMessage(), e);
        }
    }

    /** {@return the form that {@link #parse} reads, always with the port} */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
