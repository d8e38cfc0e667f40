package dev.gapless.proxy.jetty;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;

/**
 * Resolves the hosts of targets when a connection is opened: names elsewhere, as that may block, but addresses at once. Else
 * every one of many connections that are opened together would take a thread for a moment.
 */
final class ConnectResolver implements SocketAddressResolver {
    private final SocketAddressResolver names;

    /**
     * Makes a resolver.
     *
     * @param names resolves what is not an address, without blocking its caller
     */
    ConnectResolver(SocketAddressResolver names) {
        this.names = names;
    }

    @Override
    public void resolve(String host, int port, Map<String, Object> context, Promise<List<InetSocketAddress>> promise) {
        if (isAddress(host)) {
            promise.succeeded(List.of(new InetSocketAddress(host, port)));
        } else {
            names.resolve(host, port, context, promise);
        }
    }

    /** {@return the host's resolver, asked on threads that may wait} What it throws fails the promise. */
    static SocketAddressResolver on(Executor threads, SocketAddressResolver hosts) {
        return (host, port, context, promise) -> threads.execute(() -> {
            try {
                hosts.resolve(host, port, context, promise);
            } catch (RuntimeException | Error e) {
                promise.failed(e);
            }
        });
    }

    /** Whether the platform takes it for an IPv4 address in four parts, or an IPv6 address, and looks nothing up. */
    static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || isIpv4(host);
    }

    private static boolean isIpv4(String host) {
        int parts = 1;
        int digits = 0;
        int value = 0;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == '.' && digits > 0) {
                parts++;
                digits = 0;
                value = 0;
            } else if (c >= '0' && c <= '9') {
                digits++;
                value = 10 * value + c - '0';
            } else {
                return false;
            }
            if (value > 255) {
                return false;
            }
        }
        return parts == 4 && digits > 0;
    }
}
