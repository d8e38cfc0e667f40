package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.spi.HostApproval;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/** Asks whether a host may have a certificate. */
@FunctionalInterface
interface AcmeApproval {
    /** How long the answer may take. */
    Duration LIMIT = Duration.ofSeconds(2);

    /** How many calls of the application may be under way, also of those that were waited for long enough. */
    int MOST_CALLS = 8;

    int APPROVED = 200;

    /** Completes within the limit; exceptionally where no answer came. */
    CompletionStage<Boolean> approves(String host);

    static AcmeApproval of(Approval approval, String service, AcmeSetup setup, AcmeSteps steps) {
        if (approval instanceof Approval.ByUrl byUrl) {
            return byUrl(byUrl.url(), steps);
        }
        if (approval instanceof Approval.ByPath byPath) {
            return host -> steps.within(
                            LIMIT,
                            "the approval of " + host,
                            setup.question().status(service, question(byPath.path(), host)))
                    .thenApply(status -> status == APPROVED);
        }
        return byPredicate(given((Approval.ByName) approval, setup), steps);
    }

    /** Throws an {@link IllegalArgumentException} if what is named was not given to the proxy. */
    static void check(Approval approval, AcmeSetup setup) {
        if (approval instanceof Approval.ByName byName) {
            given(byName, setup);
        }
    }

    private static HostApproval given(Approval.ByName byName, AcmeSetup setup) {
        String name = byName.name();
        HostApproval given = setup.approvals().get(name);
        if (given == null) {
            throw new IllegalArgumentException(
                    "host approval \"" + name + "\" was not given to the proxy; expected one of "
                            + setup.approvals().keySet().stream().sorted().toList());
        }
        return given;
    }

    private static AcmeApproval byPredicate(HostApproval given, AcmeSteps steps) {
        Semaphore calls = new Semaphore(MOST_CALLS);
        return host -> {
            if (!calls.tryAcquire()) {
                return CompletableFuture.failedFuture(new RejectedExecutionException(
                        "the approval of " + host + ": " + MOST_CALLS + " calls are under way"));
            }
            return steps.within(
                    LIMIT,
                    "the approval of " + host,
                    steps.run(() -> given.approves(host)).whenComplete((answer, failure) -> calls.release()));
        };
    }

    private static AcmeApproval byUrl(URI url, AcmeSteps steps) {
        HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(LIMIT)
                .build();
        return host -> {
            HttpRequest request = HttpRequest.newBuilder(URI.create(question(url.toString(), host)))
                    .timeout(LIMIT)
                    .build();
            CompletableFuture<HttpResponse<InputStream>> response =
                    client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
            return steps.within(LIMIT, "the approval of " + host, response.thenApply(AcmeApproval::status))
                    .whenComplete((status, failure) -> response.cancel(true))
                    .thenApply(status -> status == APPROVED);
        };
    }

    private static int status(HttpResponse<InputStream> response) {
        try {
            response.body().close();
        } catch (IOException e) {
            // Nobody wants the rest.
        }
        return response.statusCode();
    }

    private static String question(String target, String host) {
        return target + (target.indexOf('?') < 0 ? "?" : "&") + "host="
                + URLEncoder.encode(host, StandardCharsets.UTF_8);
    }
}
