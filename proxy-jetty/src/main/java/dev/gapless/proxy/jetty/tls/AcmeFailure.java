package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeProblem;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeLazyLoadingException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.exception.AcmeUserActionRequiredException;

/** Why a certificate could not be had, as far as people and the next try need to know. */
record AcmeFailure(String reason, Optional<AcmeProblem> problem, Optional<Duration> retryAfter) {
    static AcmeFailure of(Throwable thrown, Instant now) {
        Throwable cause = unwrapped(thrown);
        if (cause instanceof AcmeOrder.ProofFailed failed) {
            return new AcmeFailure(message(failed), failed.problem().map(AcmeFailure::problem), Optional.empty());
        }
        if (cause instanceof AcmeUserActionRequiredException required) {
            String page = required.getProblem()
                    .getInstance()
                    .map(instance -> " (see " + instance + ")")
                    .orElse("");
            return new AcmeFailure(
                    "the ACME server wants its user to act: " + message(required) + page,
                    Optional.of(problem(required.getProblem())),
                    Optional.empty());
        }
        if (cause instanceof AcmeServerException server) {
            return new AcmeFailure(
                    "the ACME server refused: " + message(server),
                    Optional.of(problem(server.getProblem())),
                    retryAfter(server, now));
        }
        return new AcmeFailure(withoutProblem(cause), Optional.empty(), busyFor(cause));
    }

    private static String withoutProblem(Throwable cause) {
        if (cause instanceof AcmeNetworkException network) {
            Throwable why = network.getCause() == null ? network : network.getCause();
            return "the ACME server cannot be reached: " + why;
        }
        if (cause instanceof AcmeException || cause instanceof AcmeProtocolException) {
            return "the ACME server answered something unexpected: " + message(cause);
        }
        if (cause instanceof IOException
                || cause instanceof TimeoutException
                || cause instanceof AcmeKeeper.RefusedException) {
            return message(cause);
        }
        return String.valueOf(cause);
    }

    private static Optional<Duration> retryAfter(AcmeServerException server, Instant now) {
        return server instanceof AcmeRateLimitedException limited
                ? limited.getRetryAfter().map(at -> Duration.between(now, at))
                : Optional.empty();
    }

    private static Optional<Duration> busyFor(Throwable cause) {
        return cause instanceof AcmeNetworkException network
                        && network.getCause() instanceof AcmeConnection.BusyException busy
                ? Optional.of(busy.retryAfter())
                : Optional.empty();
    }

    static Throwable unwrapped(Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof CompletionException || cause instanceof AcmeLazyLoadingException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Whether the server answered with a problem of that kind, {@code accountDoesNotExist} say. */
    static boolean isProblem(Throwable thrown, String kind) {
        return unwrapped(thrown) instanceof AcmeServerException server
                && String.valueOf(server.getType()).endsWith(":error:" + kind);
    }

    static AcmeProblem problem(Problem problem) {
        return new AcmeProblem(
                type(problem), problem.getDetail().orElse(""), problem.asJSON().toString());
    }

    private static URI type(Problem problem) {
        try {
            return problem.getType();
        } catch (AcmeProtocolException e) {
            return URI.create("about:blank"); // What RFC 7807, section 3.1, means by no type.
        }
    }

    private static String message(Throwable thrown) {
        @Nullable String message = thrown.getMessage();
        return message == null ? thrown.getClass().getSimpleName() : message;
    }
}
