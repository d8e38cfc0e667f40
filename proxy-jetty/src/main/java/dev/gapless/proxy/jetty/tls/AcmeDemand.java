package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.ServerCertificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Certificates for hosts that nobody configured, as far as they are approved. What a client can cause by asking for names is
 * bounded: so many questions and orders are under way, so many refusals are remembered, so many orders begun in a minute.
 * Thread-safe.
 */
final class AcmeDemand {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeDemand.class);
    static final int MOST_UNDER_WAY = 32;
    static final int MOST_REFUSED = 10_000;
    private static final Duration REFUSED_FOR = Duration.ofMinutes(1);
    private static final Duration UNANSWERED_FOR = Duration.ofSeconds(5);
    private static final Duration FAILED_FOR = Duration.ofMinutes(10);

    private final AcmeSteps steps;
    private final AcmeApproval approval;
    private final AcmeAuthority authority;
    private final Function<String, AcmeKeeper> beginning;
    private final Map<String, CompletableFuture<Boolean>> underWay = new HashMap<>();
    private final Map<String, Long> refusedUntil = new LinkedHashMap<>();
    private final Deque<Long> begun = new ArrayDeque<>();

    /** With what begins to keep the certificate of a host. */
    AcmeDemand(
            AcmeSteps steps, AcmeApproval approval, AcmeAuthority authority, Function<String, AcmeKeeper> beginning) {
        this.steps = steps;
        this.approval = approval;
        this.authority = authority;
        this.beginning = beginning;
    }

    /** {@return whether the host has a certificate; completes at once for one that has none for now} */
    CompletableFuture<Boolean> wanted(String host) {
        CompletableFuture<Boolean> answer;
        synchronized (this) {
            CompletableFuture<Boolean> asked = underWay.get(host);
            if (asked != null) {
                return asked.copy();
            }
            if (isRefused(host) || underWay.size() == MOST_UNDER_WAY) {
                return CompletableFuture.completedFuture(false);
            }
            answer = new CompletableFuture<>();
            underWay.put(host, answer);
        }
        CompletableFuture<Boolean> copy = answer.copy();
        ask(host).whenComplete((there, failure) -> {
            synchronized (this) {
                underWay.remove(host);
            }
            answer.complete(failure == null && there);
        });
        return copy;
    }

    /** {@return whether these options have the same approve, and as many orders begin} */
    boolean approvesAs(AcmeOptions options) {
        AcmeOptions own = authority.options();
        return own.onDemand().equals(options.onDemand()) && own.onDemandPerMinute() == options.onDemandPerMinute();
    }

    AcmeApproval approval() {
        return approval;
    }

    AcmeVault vault() {
        return authority.vault();
    }

    Duration patience() {
        return authority.options().firstRequestWait();
    }

    private boolean isRefused(String host) {
        Long until = refusedUntil.get(host);
        if (until == null) {
            return false;
        }
        if (steps.time().nanoTime() - until < 0) {
            return true;
        }
        refusedUntil.remove(host);
        return false;
    }

    synchronized void refuse(String host, Duration length) {
        refusedUntil.remove(host);
        if (refusedUntil.size() == MOST_REFUSED) {
            refusedUntil.remove(refusedUntil.keySet().iterator().next());
        }
        refusedUntil.put(host, steps.time().nanoTime() + length.toNanos());
    }

    void failed(String host, Duration nextTry) {
        refuse(host, nextTry.compareTo(FAILED_FOR) > 0 ? nextTry : FAILED_FOR);
    }

    /** One that is in the store was approved once, and is asked for again when it is to be renewed. */
    private CompletableFuture<Boolean> ask(String host) {
        return steps.run(() -> authority.vault().certificate(List.of(host)))
                .exceptionally(damaged -> Optional.empty())
                .thenCompose(kept -> kept.filter(this::isValid).isPresent() ? begin(host) : askForApproval(host));
    }

    private boolean isValid(ServerCertificate kept) {
        return steps.time().now().isBefore(kept.chain().get(0).getNotAfter().toInstant());
    }

    private CompletableFuture<Boolean> askForApproval(String host) {
        CompletableFuture<Boolean> answer =
                steps.run(() -> approval.approves(host)).thenCompose(stage -> stage);
        return answer.handle((approved, failure) -> {
                    if (failure != null) {
                        LOG.info(
                                "No certificate for {}: {}",
                                host,
                                AcmeFailure.unwrapped(failure).toString());
                        refuse(host, UNANSWERED_FOR);
                    } else if (!approved) {
                        LOG.debug("No certificate for {}: it was not approved", host);
                        refuse(host, REFUSED_FOR);
                    }
                    return failure == null && approved;
                })
                .thenCompose(approved ->
                        approved && mayBegin(host) ? begin(host) : CompletableFuture.completedFuture(false));
    }

    private synchronized boolean mayBegin(String host) {
        long now = steps.time().nanoTime();
        while (!begun.isEmpty() && now - begun.peek() >= REFUSED_FOR.toNanos()) {
            begun.remove();
        }
        if (begun.size() >= authority.options().onDemandPerMinute()) {
            LOG.warn("No certificate for {}: {} were ordered within a minute", host, begun.size());
            refuse(host, UNANSWERED_FOR);
            return false;
        }
        begun.add(now);
        return true;
    }

    private CompletableFuture<Boolean> begin(String host) {
        return beginning.apply(host).wanted(host);
    }
}
