package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.engine.Lease;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.jetty.tls.AcmeSetup.ServiceQuestion;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Asks one of a service's targets for a path, as it is asked for its health: on a connection of its own, by its own name, and
 * whether or not the service is paused. Redirects are not followed.
 */
final class ApprovalQuestion implements ServiceQuestion {
    private static final long LIMIT_SECONDS = 2;

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
        TargetRequest request = request(lease.address(), pathAndQuery);
        lease.onCut(() -> request.abort(new IllegalStateException("the target was replaced before it answered")));
        request.onResponseHeaders(response -> {
            if (!HttpStatus.isInterim(response.getStatus())) {
                status.complete(response.getStatus());
                response.abort(new AnsweredException());
            }
        });
        request.sendTo(destination, result -> {
            connections.close(destination);
            Throwable failure = result.getFailure();
            if (failure == null) {
                status.complete(result.getResponse().getStatus());
            } else {
                status.completeExceptionally(failure);
            }
        });
        return status;
    }

    private TargetRequest request(TargetAddress address, String pathAndQuery) {
        int mark = pathAndQuery.indexOf('?');
        TargetRequest request = new TargetRequest(
                client,
                "GET",
                mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark),
                mark < 0 ? null : pathAndQuery.substring(mark + 1));
        request.timeout(LIMIT_SECONDS, TimeUnit.SECONDS);
        request.headers(fields -> {
            fields.put(HttpHeader.HOST, address instanceof TargetAddress.Tcp tcp ? tcp.authority() : "localhost");
            fields.put(HttpHeader.USER_AGENT, "Gapless-Approval");
            fields.put(HttpHeader.CONNECTION, "close");
        });
        return request;
    }

    /** The status is all that is wanted. */
    private static final class AnsweredException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AnsweredException() {
            super("answered", null, false, false);
        }
    }
}
