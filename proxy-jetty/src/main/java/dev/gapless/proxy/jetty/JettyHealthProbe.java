package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.HealthProbe;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/** Probes over HTTP, on a connection of its own each time, so that the probe also says whether the target accepts one. */
final class JettyHealthProbe implements HealthProbe {
    private static final int MAX_REDIRECTS = 5;

    private final HttpClient client;

    JettyHealthProbe(HttpClient client) {
        this.client = client;
    }

    @Override
    public CompletableFuture<ProbeOutcome> probe(TargetAddress target, HealthCheck check) {
        TargetAddress.Tcp tcp = (TargetAddress.Tcp) target;
        TargetAddress asked =
                new TargetAddress.Tcp(tcp.protocol(), tcp.host(), check.port().orElse(tcp.port()));
        CompletableFuture<ProbeOutcome> outcome = new CompletableFuture<>();
        long deadline = System.nanoTime() + check.timeout().toNanos();
        new Probe(asked, check, deadline, outcome).send(check.path(), MAX_REDIRECTS);
        return outcome;
    }

    /** One probe, with the redirects that it follows. */
    private final class Probe {
        private final TargetAddress asked;
        private final HealthCheck check;
        private final long deadline;
        private final CompletableFuture<ProbeOutcome> outcome;

        Probe(TargetAddress asked, HealthCheck check, long deadline, CompletableFuture<ProbeOutcome> outcome) {
            this.asked = asked;
            this.check = check;
            this.deadline = deadline;
            this.outcome = outcome;
        }

        void send(String path, int redirectsLeft) {
            Request request = client.newRequest("http://" + asked + path)
                    .tag(this)
                    .timeout(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            request.headers(fields -> {
                fields.put(HttpHeader.HOST, host());
                fields.put(HttpHeader.USER_AGENT, "Gapless-Probe");
                fields.put(HttpHeader.CONNECTION, "close");
            });
            request.send(new Response.Listener() {
                @Override
                public void onHeaders(Response response) {
                    if (!HttpStatus.isInterim(response.getStatus())) {
                        response.abort(new ProbeAnsweredException());
                    }
                }

                @Override
                public void onComplete(Result result) {
                    client.removeDestination(client.resolveDestination(request));
                    if (result.getFailure() == null || result.getFailure() instanceof ProbeAnsweredException) {
                        answered(result.getResponse(), path, redirectsLeft);
                    } else {
                        outcome.complete(new ProbeOutcome.Unhealthy(reason(result.getFailure())));
                    }
                }
            });
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
                URI to = URI.create("http://" + host() + path).resolve(location);
                if (!"http".equals(to.getScheme()) || !isTarget(to.getAuthority())) {
                    return null;
                }
                String next = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
                return to.getRawQuery() == null ? next : next + "?" + to.getRawQuery();
            } catch (IllegalArgumentException e) {
                return null;
            }
        }

        private String host() {
            return check.host().orElse(asked.toString());
        }

        /** Whether the target is meant: by the name that it is asked for, or by its address. */
        private boolean isTarget(@Nullable String authority) {
            return authority != null
                    && (authority.equalsIgnoreCase(host())
                            || TargetAddress.parse(authority).equals(asked));
        }
    }

    private static String reason(Throwable failure) {
        return failure instanceof TimeoutException
                ? "no answer in time"
                : failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    /** The head of the answer is all that a probe wants. */
    private static final class ProbeAnsweredException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ProbeAnsweredException() {
            super("answered", null, false, false);
        }
    }
}
