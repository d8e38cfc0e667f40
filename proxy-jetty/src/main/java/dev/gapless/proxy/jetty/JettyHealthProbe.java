package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.engine.Target;
import dev.gapless.proxy.engine.TargetProbe;
import java.net.SocketException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * Probes over what the traffic goes over, on a connection of its own each time, so that the probe also says whether the target
 * accepts one.
 */
final class JettyHealthProbe implements TargetProbe {
    private static final int MAX_REDIRECTS = 5;

    private final HttpClient client;
    private final TargetConnections connections;

    JettyHealthProbe(HttpClient client, TargetConnections connections) {
        this.client = client;
        this.connections = connections;
    }

    @Override
    public CompletableFuture<ProbeOutcome> probe(Target target, HealthCheck check) {
        CompletableFuture<ProbeOutcome> outcome = new CompletableFuture<>();
        long deadline = System.nanoTime() + check.timeout().toNanos();
        new Probe(target, check, deadline, outcome).send(check.path(), MAX_REDIRECTS);
        return outcome;
    }

    /** One probe, with the redirects that it follows. */
    private final class Probe {
        private final Target target;
        private final TargetAddress asked;
        private final HealthCheck check;
        private final long deadline;
        private final CompletableFuture<ProbeOutcome> outcome;

        Probe(Target target, HealthCheck check, long deadline, CompletableFuture<ProbeOutcome> outcome) {
            this.target = target;
            this.asked = asked(target.address(), check);
            this.check = check;
            this.deadline = deadline;
            this.outcome = outcome;
        }

        private static TargetAddress asked(TargetAddress address, HealthCheck check) {
            return address instanceof TargetAddress.Tcp tcp && check.port().isPresent()
                    ? new TargetAddress.Tcp(
                            tcp.protocol(), tcp.host(), check.port().getAsInt())
                    : address;
        }

        void send(String path, int redirectsLeft) {
            HttpDestination destination = connections.probeDestination(target, asked);
            long left = Math.max(1, deadline - System.nanoTime());
            TargetRequest request = HeadQuestion.about(client, path, host(), "Gapless-Probe", left);
            request.sendTo(destination, result -> {
                connections.close(destination);
                if (HeadQuestion.isAnswered(result)) {
                    answered(result.getResponse(), path, redirectsLeft);
                } else {
                    outcome.complete(new ProbeOutcome.Unhealthy(reason(result.getFailure(), request)));
                }
            });
        }

        private String reason(Throwable failure, TargetRequest request) {
            boolean inVain = request.http2() == null;
            if (inVain && asked.protocol() == TargetAddress.Protocol.H2C && !isUnreachable(failure)) {
                return "does not speak HTTP/2: " + message(failure);
            }
            // Over HTTP/2 that is all that the client library says.
            return inVain
                            && asked.protocol() == TargetAddress.Protocol.HTTPS
                            && failure instanceof ClosedChannelException
                    ? "closed the connection after the TLS handshake, as targets do that want a client certificate"
                    : JettyHealthProbe.reason(failure);
        }

        private static boolean isUnreachable(Throwable failure) {
            return failure instanceof SocketException || failure instanceof TimeoutException;
        }

        private void answered(Response response, String path, int redirectsLeft) {
            int status = response.getStatus();
            String next = HttpStatus.isRedirection(status) ? pathWithin(response, path) : null;
            if (HttpStatus.isSuccess(status)) {
                outcome.complete(new ProbeOutcome.Healthy(status));
            } else if (next != null && redirectsLeft > 0) {
                send(next, redirectsLeft - 1);
            } else {
                outcome.complete(new ProbeOutcome.Unhealthy("status " + status));
            }
        }

        /** {@return the path that a redirect from another leads to if it stays within the target, else null} */
        private @Nullable String pathWithin(Response response, String path) {
            String location = response.getHeaders().get(HttpHeader.LOCATION);
            if (location == null) {
                return null;
            }
            try {
                URI to = URI.create(scheme() + "://" + host() + path).resolve(location);
                if (!scheme().equals(to.getScheme()) || !isTarget(to.getAuthority())) {
                    return null;
                }
                String next = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
                return to.getRawQuery() == null ? next : next + "?" + to.getRawQuery();
            } catch (IllegalArgumentException e) {
                return null;
            }
        }

        private String scheme() {
            return asked.protocol() == TargetAddress.Protocol.HTTPS ? "https" : "http";
        }

        private String host() {
            return check.host().orElseGet(() -> HeadQuestion.hostOf(asked));
        }

        /** Whether the target is meant: by the name that it is asked for, or by its address. */
        private boolean isTarget(@Nullable String authority) {
            return authority != null
                    && (authority.equalsIgnoreCase(host())
                            || (asked instanceof TargetAddress.Tcp tcp
                                    && TargetAddress.parse(scheme() + "://" + authority)
                                            instanceof TargetAddress.Tcp other
                                    && other.host().equals(tcp.host())
                                    && other.port() == tcp.port()));
        }
    }

    private static String reason(Throwable failure) {
        if (failure instanceof TimeoutException) {
            return "no answer in time";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof CertPathBuilderException) {
                return "certificate refused: " + message(lastOf(cause));
            }
        }
        return message(failure);
    }

    private static Throwable lastOf(Throwable failure) {
        return failure.getCause() == null ? failure : lastOf(failure.getCause());
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        // Jetty puts where it could not connect to before the reason.
        return failure.getCause() instanceof SocketException reason ? message + ": " + message(reason) : message;
    }
}
