package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.engine.Lease;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.jetty.tls.AcmeSetup.ServiceQuestion;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpDestination;

/**
 * Asks one of a service's targets for a path, as it is asked for its health: on a connection of its own, by its own name, and
 * whether or not the service is paused. Redirects are not followed.
 */
final class ApprovalQuestion implements ServiceQuestion {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final ProxyEngine engine;
    private final HttpClient client;
    private final TargetConnections connections;

    ApprovalQuestion(ProxyEngine engine, HttpClient client, TargetConnections connections) {
        this.engine = engine;
        this.client = client;
        this.connections = connections;
    }

    @Override
    public CompletionStage<Integer> status(String service, String pathAndQuery) {
        Optional<Lease> lease = engine.claim(service, DescribedRequest.to("http://localhost" + pathAndQuery));
        return lease.isEmpty()
                ? CompletableFuture.failedFuture(
                        new IllegalStateException("service \"" + service + "\" has no healthy target to be asked"))
                : ask(lease.get(), pathAndQuery);
    }

    private CompletableFuture<Integer> ask(Lease lease, String pathAndQuery) {
        CompletableFuture<Integer> status = new CompletableFuture<>();
        status.whenComplete((answer, failure) -> lease.release());
        HttpDestination destination = connections.probeDestination(lease.target(), lease.address());
        TargetRequest request = HeadQuestion.about(
                client, pathAndQuery, HeadQuestion.hostOf(lease.address()), "Gapless-Approval", LIMIT_NANOS);
        lease.onCut(() -> request.abort(new IllegalStateException("the target was replaced before it answered")));
        request.sendTo(destination, result -> {
            connections.close(destination);
            if (HeadQuestion.isAnswered(result)) {
                status.complete(result.getResponse().getStatus());
            } else {
                status.completeExceptionally(result.getFailure());
            }
        });
        return status;
    }
}
