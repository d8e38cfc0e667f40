package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.TargetResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Asks the operating system for a target's address, on a thread that may wait. */
final class DnsResolver implements TargetResolver {
    private final Executor executor;

    DnsResolver(Executor executor) {
        this.executor = executor;
    }

    @Override
    public CompletableFuture<Void> resolve(TargetAddress target) {
        return target instanceof TargetAddress.Tcp tcp ? resolve(tcp.host()) : CompletableFuture.completedFuture(null);
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
