package dev.gapless.proxy.engine;

import java.net.IDN;
import java.util.Locale;

/** Brings the host of a request into the form in which hosts are configured: lower case, ASCII, no trailing dot. */
final class RequestHost {
    private RequestHost() {}

    static String canonical(String host) {
        boolean lower = true;
        boolean ascii = true;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            lower &= c < 'A' || c > 'Z';
            ascii &= c < 0x80;
        }
        String name = ascii ? host : ascii(host);
        name = lower && ascii ? name : name.toLowerCase(Locale.ROOT);
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private static String ascii(String host) {
        try {
            return IDN.toASCII(host, IDN.ALLOW_UNASSIGNED);
        } catch (IllegalArgumentException e) {
            return host; // No service can have such a host.
        }
    }
}
