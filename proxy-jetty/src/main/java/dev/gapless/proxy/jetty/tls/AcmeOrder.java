package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.ServerCertificate;
import java.io.IOException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Certificate;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.OrderBuilder;
import org.shredzone.acme4j.PollableResource;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Dns01Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to get a certificate: takes up the order that an earlier process has begun, or begins one, proves control of each
 * host by the first way that works, has the certificate made and keeps it.
 */
final class AcmeOrder {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeOrder.class);
    private static final Duration FIRST_POLL = Duration.ofMillis(250);
    private static final Duration SLOWEST_POLL = Duration.ofSeconds(5);
    private static final Duration SLOWEST_WANTED_POLL = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Set<Status> UNDECIDED = EnumSet.of(Status.PENDING, Status.PROCESSING);

    private final AcmeSteps steps;
    private final AcmePublication publication;
    private final AcmeDirectory directory;
    private final AcmeVault vault;
    private final AcmeOptions options;
    private final List<String> hosts;
    private final Optional<ServerCertificate> replaced;

    AcmeOrder(
            AcmeSteps steps,
            AcmeAnswers answers,
            AcmeAuthority authority,
            List<String> hosts,
            Optional<ServerCertificate> replaced) {
        this.steps = steps;
        this.publication = new AcmePublication(steps, answers, authority);
        this.directory = authority.directory();
        this.vault = authority.vault();
        this.options = authority.options();
        this.hosts = hosts;
        this.replaced = replaced;
    }

    /** A host could not be proved: by one way, after which another may be tried, or by none that is left. */
    static final class ProofFailed extends Exception {
        private final @Nullable Challenge way;
        private final transient @Nullable Problem problem;

        ProofFailed(String message, @Nullable Challenge way, @Nullable Problem problem) {
            super(message);
            this.way = way;
            this.problem = problem;
        }

        Optional<Problem> problem() {
            return Optional.ofNullable(problem);
        }
    }

    private record Begun(Order order, KeyPair key) {}

    private record Proof(Challenge way, org.shredzone.acme4j.challenge.Challenge challenge, String host) {}

    CompletableFuture<ServerCertificate> run() {
        return attempt(EnumSet.noneOf(Challenge.class));
    }

    private CompletableFuture<ServerCertificate> attempt(Set<Challenge> failed) {
        return steps.run(() -> knownAccount(this::takeUpOrBegin))
                .thenCompose(begun -> prove(begun, failed))
                .thenCompose(this::haveMade)
                .handle((certificate, failure) ->
                        failure == null ? CompletableFuture.completedFuture(certificate) : next(failure, failed))
                .thenCompose(result -> result);
    }

    /** An order one of whose authorizations has failed is lost (RFC 8555, section 7.1.6); another is begun for the next way. */
    private CompletableFuture<ServerCertificate> next(Throwable failure, Set<Challenge> failed) {
        Throwable cause = AcmeFailure.unwrapped(failure);
        if (cause instanceof ProofFailed proof && proof.way != null && failed.add(proof.way)) {
            LOG.info("{}", proof.getMessage());
            if (options.challenges().stream().anyMatch(way -> !failed.contains(way) && publication.isPossible(way))) {
                return attempt(failed)
                        .exceptionallyCompose(later -> CompletableFuture.failedFuture(
                                nothingElseOffered(later) ? cause : AcmeFailure.unwrapped(later)));
            }
        }
        return CompletableFuture.failedFuture(cause);
    }

    /** Then the failure of the way that was tried says more. */
    private static boolean nothingElseOffered(Throwable failure) {
        return AcmeFailure.unwrapped(failure) instanceof ProofFailed proof && proof.way == null;
    }

    private <T> T knownAccount(Callable<T> step) throws Exception {
        Login used = directory.login();
        try {
            return step.call();
        } catch (AcmeServerException e) {
            if (!AcmeFailure.isProblem(e, "accountDoesNotExist")) {
                throw e;
            }
            LOG.warn("The ACME server does not know the account {} any more", used.getAccountLocation());
            directory.forgetLogin(used);
            return step.call();
        }
    }

    private Begun takeUpOrBegin() throws IOException, AcmeException {
        Optional<Begun> earlier = takenUp();
        return earlier.isPresent() ? earlier.get() : begun();
    }

    private Optional<Begun> takenUp() throws IOException, AcmeException {
        Optional<AcmeVault.PendingOrder> pending = pending();
        if (pending.isEmpty()) {
            return Optional.empty();
        }
        Order order = directory.login().bindOrder(pending.get().location());
        try {
            order.fetch();
        } catch (AcmeException | AcmeProtocolException e) {
            checkGone(e);
            LOG.info("The order {} for {} is gone: {}", order.getLocation(), hosts, e.getMessage());
            return Optional.empty();
        }
        return order.getStatus() == Status.INVALID || hasExpired(order)
                ? Optional.empty()
                : Optional.of(new Begun(order, pending.get().key()));
    }

    /** Whether a certificate came of it, but longer ago than that is valid. */
    private boolean hasExpired(Order order) throws AcmeException {
        if (order.getStatus() != Status.VALID) {
            return false;
        }
        Certificate made = order.getCertificate();
        made.download();
        return steps.time().now().isAfter(made.getCertificate().getNotAfter().toInstant());
    }

    /** Throws on what does not say that there is no such order. */
    private static void checkGone(Exception e) throws AcmeException {
        boolean saysNothing = e instanceof AcmeNetworkException
                || String.valueOf(e.getMessage()).startsWith("HTTP 5")
                || List.of("accountDoesNotExist", "rateLimited", "serverInternal").stream()
                        .anyMatch(kind -> AcmeFailure.isProblem(e, kind));
        if (saysNothing && e instanceof AcmeException unrelated) {
            throw unrelated;
        }
    }

    private Optional<AcmeVault.PendingOrder> pending() {
        try {
            return vault.order(hosts);
        } catch (IOException e) {
            LOG.warn("A new order is begun for {}: {}", hosts, e.getMessage());
            return Optional.empty();
        }
    }

    /** Begins an order; it and the key are kept before anything comes of it. */
    private Begun begun() throws IOException, AcmeException {
        KeyPair key = AcmeDirectory.newKey(options.keyType());
        // A store that keeps nothing would have each start order anew, until the server refuses.
        vault.save(hosts, key);
        Order order = newOrder();
        vault.save(hosts, new AcmeVault.PendingOrder(order.getLocation(), key));
        return new Begun(order, key);
    }

    private Order newOrder() throws IOException, AcmeException {
        Login login = directory.login();
        if (replaced.isPresent()
                && login.getSession().resourceUrlOptional(Resource.RENEWAL_INFO).isPresent()) {
            try {
                return builder(login).replaces(replaced.get().chain().get(0)).create();
            } catch (AcmeServerException e) {
                // Of another account, or replaced already (RFC 9773, section 5): what is wanted is the certificate.
                if (AcmeFailure.isProblem(e, "rateLimited") || AcmeFailure.isProblem(e, "accountDoesNotExist")) {
                    throw e;
                }
                LOG.info("The new order for {} does not replace the old one: {}", hosts, e.getMessage());
            }
        }
        return builder(login).create();
    }

    private OrderBuilder builder(Login login) {
        return login.newOrder().domains(hosts);
    }

    private CompletableFuture<Begun> prove(Begun begun, Set<Challenge> failed) {
        if (begun.order().getStatus() != Status.PENDING) {
            return CompletableFuture.completedFuture(begun);
        }
        CompletableFuture<?>[] proofs = begun.order().getAuthorizations().stream()
                .map(authorization -> prove(authorization, failed))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(proofs).thenApply(all -> begun);
    }

    private CompletableFuture<?> prove(Authorization authorization, Set<Challenge> failed) {
        return steps.run(() -> choose(authorization, failed))
                .thenCompose(chosen -> chosen.isEmpty()
                        ? CompletableFuture.completedFuture(null)
                        : prove(authorization, chosen.get()));
    }

    private CompletableFuture<?> prove(Authorization authorization, Proof proof) {
        return publication
                .publish(proof.host(), proof.challenge())
                .thenCompose(withdrawal -> steps.run(() -> trigger(proof))
                        .thenCompose(triggered -> decided(authorization, "the proof of " + proof.host()))
                        .thenCompose(status -> steps.run(() -> checkProved(authorization, proof, status)))
                        .whenComplete((done, failure) -> withdrawal.run()));
    }

    /** {@return how to prove the host; empty if it is proved already} */
    private Optional<Proof> choose(Authorization authorization, Set<Challenge> failed)
            throws AcmeException, ProofFailed {
        authorization.fetch();
        String host = authorization.getIdentifier().getDomain();
        if (authorization.getStatus() == Status.VALID) {
            return Optional.empty();
        }
        for (Challenge way : options.challenges()) {
            if (!failed.contains(way) && publication.isPossible(way)) {
                Optional<org.shredzone.acme4j.challenge.Challenge> offered = authorization.findChallenge(type(way));
                if (offered.isPresent()) {
                    return Optional.of(new Proof(way, offered.get(), host));
                }
            }
        }
        throw new ProofFailed(
                "for " + host + " the ACME server offers "
                        + authorization.getChallenges().stream()
                                .map(org.shredzone.acme4j.challenge.Challenge::getType)
                                .toList()
                        + ", none of which is left of " + options.challenges(),
                null,
                null);
    }

    private static String type(Challenge way) {
        return switch (way) {
            case HTTP_01 -> Http01Challenge.TYPE;
            case TLS_ALPN_01 -> TlsAlpn01Challenge.TYPE;
            case DNS_01 -> Dns01Challenge.TYPE;
        };
    }

    private static boolean trigger(Proof proof) throws AcmeException {
        boolean waits = proof.challenge().getStatus() == Status.PENDING;
        if (waits) {
            proof.challenge().trigger();
        }
        return waits;
    }

    private static boolean checkProved(Authorization authorization, Proof proof, Status status) throws ProofFailed {
        if (status == Status.VALID) {
            return true;
        }
        Optional<Problem> problem = authorization.getChallenges().stream()
                .flatMap(challenge -> challenge.getError().stream())
                .findFirst();
        throw new ProofFailed(
                "the proof of " + proof.host() + " by " + type(proof.way()) + " failed: "
                        + problem.map(Problem::toString).orElse("it is " + status),
                proof.way(),
                problem.orElse(null));
    }

    private CompletableFuture<ServerCertificate> haveMade(Begun begun) {
        Order order = begun.order();
        return steps.run(() -> finalized(begun))
                .thenCompose(asked -> decided(order, "the order for " + hosts))
                .thenCompose(status -> steps.run(() -> download(begun, status)));
    }

    private static boolean finalized(Begun begun) throws AcmeException {
        Order order = begun.order();
        if (order.getStatus() == Status.PENDING) {
            order.fetch();
        }
        boolean ready = order.getStatus() == Status.READY || order.getStatus() == Status.PENDING;
        if (ready) {
            order.execute(begun.key());
        }
        return ready;
    }

    private ServerCertificate download(Begun begun, Status status) throws IOException, AcmeException, ProofFailed {
        if (status != Status.VALID) {
            vault.forgetOrder(hosts);
            Problem problem = begun.order().getError().orElse(null);
            throw new ProofFailed(
                    "the order for " + hosts + " is " + status + (problem == null ? "" : ": " + problem),
                    null,
                    problem);
        }
        Certificate made = begun.order().getCertificate();
        made.download();
        try {
            ServerCertificate certificate = new ServerCertificate(
                    made.getCertificateChain(), begun.key().getPrivate());
            if (!AcmeHosts.covers(certificate.chain().get(0), hosts)) {
                throw new IllegalArgumentException("the certificate is not for " + hosts);
            }
            return certificate;
        } catch (IllegalArgumentException e) {
            vault.forgetOrder(hosts);
            throw new AcmeException(e.getMessage(), e);
        }
    }

    private CompletableFuture<Status> decided(PollableResource resource, String what) {
        return decided(resource, what, steps.time().nanoTime(), FIRST_POLL);
    }

    private CompletableFuture<Status> decided(PollableResource resource, String what, long since, Duration pause) {
        return steps.run(() -> polled(resource, pause)).thenCompose(next -> {
            Status status = resource.getStatus();
            if (!UNDECIDED.contains(status)) {
                return CompletableFuture.completedFuture(status);
            }
            if (steps.time().nanoTime() - since > PATIENCE.toNanos()) {
                return CompletableFuture.failedFuture(
                        new TimeoutException(what + " is " + status + " for " + PATIENCE.toSeconds() + " s"));
            }
            Duration longer = AcmeTiming.clamped(pause.multipliedBy(2), FIRST_POLL, SLOWEST_POLL);
            return steps.pause(next).thenCompose(end -> decided(resource, what, since, longer));
        });
    }

    /** {@return how long to wait with the next poll} */
    private static Duration polled(PollableResource resource, Duration pause) throws AcmeException {
        // acme4j tells a moment of the system's clock, whatever clock we go by.
        return resource.fetch()
                .map(at -> AcmeTiming.clamped(Duration.between(Instant.now(), at), pause, SLOWEST_WANTED_POLL))
                .orElse(pause);
    }
}
