package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore.Claim;
import dev.gapless.proxy.spi.Scheduler.Cancellable;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the certificate of a host, or of several that share one: reads it from the store, orders it where it is missing, renews
 * it in time. At any moment there is one timer, or one piece of work under way, which sets the next timer when it ends.
 */
final class AcmeKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeKeeper.class);
    private static final Duration LOOK_AT_OTHERS = Duration.ofSeconds(2);
    /** By RFC 9773, section 4.3.2, six hours where the server does not say, and never more often than each minute. */
    private static final Duration SUGGESTION_AGE = AcmeTiming.LATEST_CHECK;

    private final AcmeSteps steps;
    private final RandomGenerator chance;
    private final AcmeQueue queue;
    private final AcmeAnswers answers;
    private final AcmeAuthority authority;
    private final List<String> hosts;
    private final Supplier<CompletionStage<Boolean>> approval;
    private final Function<String, Optional<ServerCertificate>> before;
    private final Consumer<CertificateEvent> events;

    private volatile Optional<ServerCertificate> current = Optional.empty();
    /** Whether an attempt to have another certificate has ended. */
    private volatile boolean tried;

    /** Completed while there is nothing to wait for: there is a certificate, or the next try is some time off. */
    private CompletableFuture<Boolean> turn = new CompletableFuture<>();

    private @Nullable Cancellable timer;
    private boolean ended;

    // What follows is used by the work under way only.
    private final AtomicInteger failures = new AtomicInteger();

    private volatile boolean saved = true;
    private final AtomicInteger hastyRenewals = new AtomicInteger();
    private volatile long hastyUntil;
    private volatile double moment;
    private volatile Optional<AcmeTiming.Window> window = Optional.empty();
    private volatile long windowUntil;
    private volatile boolean windowWanted = true;

    /**
     * A keeper that has not begun.
     *
     * @param approval asked before each order
     * @param before the certificate that a host has as long as this keeper has none
     */
    AcmeKeeper(
            AcmeSteps steps,
            RandomGenerator chance,
            AcmeQueue queue,
            AcmeAnswers answers,
            AcmeAuthority authority,
            List<String> hosts,
            Supplier<CompletionStage<Boolean>> approval,
            Function<String, Optional<ServerCertificate>> before,
            Consumer<CertificateEvent> events) {
        this.steps = steps;
        this.chance = chance;
        this.queue = queue;
        this.answers = answers;
        this.authority = authority;
        this.hosts = hosts;
        this.approval = approval;
        this.before = before;
        this.events = events;
        this.moment = chance.nextDouble();
    }

    /** The approval of a host was withdrawn before its certificate was renewed. */
    static final class RefusedException extends Exception {
        RefusedException(List<String> hosts) {
            super(hosts + " is not approved any more");
        }
    }

    List<String> hosts() {
        return hosts;
    }

    AcmeAuthority authority() {
        return authority;
    }

    /** Begins; not on the calling thread. */
    void start() {
        work(() -> steps.run(this::look).thenCompose(looked -> goOn()));
    }

    /** Ends; what is under way is kept in the store, and not used. */
    synchronized void end() {
        ended = true;
        if (timer != null) {
            timer.cancel();
        }
        turn.complete(false);
    }

    Optional<ServerCertificate> certificate(String host) {
        Optional<ServerCertificate> own = current;
        if (own.isEmpty()) {
            return before.apply(host);
        }
        // After a long time out of service it is worth the wait, but an old certificate is better than none.
        return expired(own.get()) && !tried ? Optional.empty() : own;
    }

    /** {@return whether there is a certificate; completes at once unless one is being had} */
    synchronized CompletableFuture<Boolean> wanted(String host) {
        return certificate(host).isPresent() ? CompletableFuture.completedFuture(true) : turn.copy();
    }

    /** Whether there was no certificate yet. */
    boolean isNew() {
        return current.isEmpty();
    }

    boolean isExpired() {
        return current.map(this::expired).orElse(true);
    }

    private boolean expired(ServerCertificate certificate) {
        return steps.time().now().isAfter(end(certificate));
    }

    private static Instant end(ServerCertificate certificate) {
        return leaf(certificate).getNotAfter().toInstant();
    }

    private static X509Certificate leaf(ServerCertificate certificate) {
        return certificate.chain().get(0);
    }

    private void work(Supplier<CompletableFuture<Duration>> work) {
        CompletableFuture<Duration> result;
        try {
            result = work.get();
        } catch (RuntimeException | Error e) {
            result = CompletableFuture.failedFuture(e);
        }
        result.handle((next, failure) -> failure == null ? next : failed(failure))
                .whenComplete((next, failure) -> {
                    if (failure != null) {
                        LOG.error("The certificate of {} is not looked after any more", hosts, failure);
                    } else {
                        again(next);
                    }
                });
    }

    private synchronized void again(Duration delay) {
        if (!ended) {
            timer = steps.scheduler().schedule(() -> work(this::goOn), delay);
        }
    }

    /** Reads what is kept; what is damaged is as good as missing, after it was reported. */
    private boolean look() {
        try {
            Optional<ServerCertificate> kept = authority.vault().certificate(hosts);
            kept.ifPresent(this::replace);
            return kept.isPresent();
        } catch (IOException e) {
            report("the certificate that is kept cannot be used, and another one is ordered: " + e.getMessage(), e);
            return false;
        }
    }

    private void report(String reason, Throwable cause) {
        LOG.warn("Certificate of {}: {}", hosts, reason, cause);
        events.accept(new CertificateEvent.Failed(hosts, reason, Optional.empty(), Duration.ZERO));
    }

    /** Uses another certificate than before, and says so. */
    private void use(ServerCertificate certificate) {
        boolean first = current.isEmpty();
        if (replace(certificate)) {
            Instant end = end(certificate);
            LOG.info("Certificate of {}: {}, until {}", hosts, first ? "obtained" : "renewed", end);
            events.accept(first ? new CertificateEvent.Obtained(hosts, end) : new CertificateEvent.Renewed(hosts, end));
        }
    }

    private synchronized boolean replace(ServerCertificate certificate) {
        if (ended) {
            return false;
        }
        current = Optional.of(certificate);
        moment = chance.nextDouble();
        window = Optional.empty();
        windowWanted = true;
        if (!expired(certificate) || tried) {
            turn.complete(true);
        }
        return true;
    }

    /** Looks what is to be done, and does it; completes with the time until it is to be called again. */
    private CompletableFuture<Duration> goOn() {
        return steps.run(this::isDue)
                .thenCompose(due -> due ? queue.run(this::order) : CompletableFuture.completedFuture(untilCheck()));
    }

    private Duration untilCheck() {
        Duration check = current.map(kept -> AcmeTiming.untilCheck(steps.time().now(), renewal(kept)))
                .orElse(AcmeTiming.SOONEST_CHECK);
        return saved ? check : AcmeTiming.SOONEST_CHECK;
    }

    private boolean isDue() {
        if (current.isEmpty()) {
            return true;
        }
        keep();
        ServerCertificate kept = current.get();
        if (hastyRenewals.get() > 0 && steps.time().nanoTime() - hastyUntil < 0) {
            return false;
        }
        askForWindow(kept);
        return isDue(kept);
    }

    private boolean isDue(ServerCertificate kept) {
        boolean otherKey =
                !kept.key().getAlgorithm().equals(authority.options().keyType().name());
        return otherKey || !steps.time().now().isBefore(renewal(kept));
    }

    private Instant renewal(ServerCertificate kept) {
        return AcmeTiming.renewal(leaf(kept), window, moment);
    }

    /** A server that says nothing usable of renewal is no failure: then the lifetime decides. */
    private void askForWindow(ServerCertificate kept) {
        if (!windowWanted && steps.time().nanoTime() - windowUntil < 0) {
            return;
        }
        Duration age = SUGGESTION_AGE;
        try {
            if (authority
                    .directory()
                    .session()
                    .resourceUrlOptional(Resource.RENEWAL_INFO)
                    .isPresent()) {
                RenewalInfo info = authority.directory().login().bindRenewalInfo(leaf(kept));
                age = info.fetch()
                        .map(at -> AcmeTiming.clamped(
                                Duration.between(Instant.now(), at), AcmeTiming.SOONEST_CHECK, SUGGESTION_AGE))
                        .orElse(age);
                window = window(info);
                info.getExplanation().ifPresent(page -> LOG.info("Certificate of {}: see {}", hosts, page));
            }
        } catch (IOException | AcmeException | AcmeProtocolException | IllegalArgumentException e) {
            LOG.info("Certificate of {}: no renewal information: {}", hosts, e.toString());
        }
        windowWanted = false;
        windowUntil = steps.time().nanoTime() + age.toNanos();
    }

    private static Optional<AcmeTiming.Window> window(RenewalInfo info) {
        Instant start = info.getSuggestedWindowStart();
        Instant end = info.getSuggestedWindowEnd();
        return start.isBefore(end) ? Optional.of(new AcmeTiming.Window(start, end)) : Optional.empty();
    }

    private CompletableFuture<Duration> order() {
        if (!begin()) {
            return CompletableFuture.completedFuture(AcmeTiming.SOONEST_CHECK);
        }
        return approved()
                .thenCompose(approved -> steps.run(() -> authority.vault().claim(hosts)))
                .thenCompose(claim -> claim.isEmpty() ? fromOthers() : withClaim(claim.get()));
    }

    /** {@return whether to go on} It may have ended while it waited for its place. */
    private synchronized boolean begin() {
        if (!ended && turn.isDone()) {
            turn = new CompletableFuture<>();
        }
        return !ended;
    }

    private CompletableFuture<Boolean> approved() {
        return CompletableFuture.<Boolean>completedFuture(true)
                .thenCompose(begun -> approval.get())
                .thenApply(approved -> {
                    if (!approved) {
                        throw new CompletionException(new RefusedException(hosts));
                    }
                    return true;
                });
    }

    /** Another proxy orders it: its certificate is looked for until it is there, or the other one has given up. */
    private CompletableFuture<Duration> fromOthers() {
        return steps.run(() -> {
            takeFromStore();
            return current.isPresent() && !isDue(current.get())
                    ? untilCheck()
                    : LOOK_AT_OTHERS.plusMillis((long) (LOOK_AT_OTHERS.toMillis() * chance.nextDouble()));
        });
    }

    private boolean takeFromStore() {
        try {
            Optional<ServerCertificate> kept = authority.vault().certificate(hosts);
            boolean newer = kept.isPresent()
                    && !kept.equals(current)
                    && (current.isEmpty() || end(kept.get()).isAfter(end(current.get())));
            if (newer) {
                failures.set(0);
                use(kept.get());
            }
            return newer && !isDue(kept.get());
        } catch (IOException e) {
            LOG.debug("Certificate of {}: {}", hosts, e.getMessage());
            return false;
        }
    }

    private CompletableFuture<Duration> withClaim(Claim claim) {
        return steps.run(this::takeFromStore)
                .thenCompose(taken -> taken ? CompletableFuture.completedFuture(untilCheck()) : ordered())
                .whenComplete((next, failure) -> claim.close());
    }

    private CompletableFuture<Duration> ordered() {
        return new AcmeOrder(steps, answers, authority, hosts, current)
                .run()
                .thenCompose(made -> steps.run(() -> {
                    made(made);
                    return untilCheck();
                }));
    }

    private void made(ServerCertificate certificate) {
        failures.set(0);
        tried = true;
        saved = false;
        use(certificate);
        keep(certificate);
        if (isDue(certificate)) {
            Duration wait = AcmeTiming.untilHastyRenewal(hastyRenewals.incrementAndGet());
            hastyUntil = steps.time().nanoTime() + wait.toNanos();
            LOG.warn(
                    "The certificate of {} should be renewed as soon as it has come: it is valid from {} to {}, and the clock"
                            + " says {}. The next renewal is in {} at the earliest",
                    hosts,
                    leaf(certificate).getNotBefore().toInstant(),
                    end(certificate),
                    steps.time().now(),
                    wait);
        } else {
            hastyRenewals.set(0);
        }
    }

    private void keep() {
        if (!saved) {
            current.ifPresent(this::keep);
        }
    }

    private void keep(ServerCertificate certificate) {
        try {
            authority.vault().save(hosts, certificate);
            saved = true;
            authority.vault().forgetOrder(hosts);
        } catch (IOException e) {
            if (!saved) {
                report("in use, but not kept: a restart would have to get it again: " + e.getMessage(), e);
            }
        }
    }

    /** {@return in how long to try again} */
    private Duration failed(Throwable thrown) {
        AcmeFailure failure = AcmeFailure.of(thrown, steps.time().now());
        if (AcmeFailure.unwrapped(thrown) instanceof AcmeDirectory.BusyElsewhereException) {
            return LOOK_AT_OTHERS;
        }
        tried = true;
        Duration next = AcmeTiming.untilRetry(failures.incrementAndGet(), failure.retryAfter(), chance.nextDouble());
        LOG.warn(
                "Certificate of {}: {}; next try in {} s{}",
                hosts,
                failure.reason(),
                next.toSeconds(),
                failure.problem().map(problem -> "; " + problem.document()).orElse(""));
        LOG.debug("Certificate of {}", hosts, thrown);
        synchronized (this) {
            turn.complete(false);
        }
        events.accept(new CertificateEvent.Failed(hosts, failure.reason(), failure.problem(), next));
        return next;
    }
}
