package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.TargetResolver;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Asks the operating system for a target's address, on a thread that may wait; targets in the process are there or not. */
final class DnsResolver implements TargetResolver {
    private final Executor executor;
    private final InProcessTargets inProcess;

    DnsResolver(Executor executor, InProcessTargets inProcess) {
        this.executor = executor;
        this.inProcess = inProcess;
    }

    @Override
    public CompletableFuture<Void> resolve(TargetAddress target) {
        if (target instanceof TargetAddress.Tcp tcp) {
            return resolve(tcp.host());
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
