package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.TargetResolver;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;

/**
 * Asks the operating system for a target's address, or what the host has in its place, on a thread that may wait; targets in the
 * process are there or not.
 */
final class DnsResolver implements TargetResolver {
    private final Executor executor;
    private final InProcessTargets inProcess;
    private final Optional<SocketAddressResolver> hosts;

    DnsResolver(Executor executor, InProcessTargets inProcess, Optional<SocketAddressResolver> hosts) {
        this.executor = executor;
        this.inProcess = inProcess;
        this.hosts = hosts.map(given -> ConnectResolver.on(executor, given));
    }

    @Override
    public CompletableFuture<Void> resolve(TargetAddress target) {
        if (target instanceof TargetAddress.Tcp tcp) {
            return hosts.isEmpty() || ConnectResolver.isAddress(tcp.host())
                    ? resolve(tcp.host())
                    : resolve(hosts.get(), tcp);
        }
        try {
            if (target instanceof TargetAddress.InProcess part) {
                inProcess.check(part);
            }
            return CompletableFuture.completedFuture(null);
        } catch (ConnectException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static CompletableFuture<Void> resolve(SocketAddressResolver resolver, TargetAddress.Tcp target) {
        Promise.Completable<List<InetSocketAddress>> addresses = new Promise.Completable<>();
        resolver.resolve(target.host(), target.port(), new HashMap<>(), addresses);
        return addresses.thenAccept(found -> {});
    }

    private CompletableFuture<Void> resolve(String host) {
        CompletableFuture<Void> resolved = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                InetAddress.getAllByName(host);
                resolved.complete(null);
            } catch (UnknownHostException e) {
                resolved.completeExceptionally(new UnknownHostException("unknown host " + host));
            } catch (RuntimeException | Error e) {
                resolved.completeExceptionally(e);
            }
        });
        return resolved;
    }
}
