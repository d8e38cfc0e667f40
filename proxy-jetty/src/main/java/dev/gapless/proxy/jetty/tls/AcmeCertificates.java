package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore;
import dev.gapless.proxy.spi.DnsRecords;
import dev.gapless.proxy.spi.Scheduler;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Certificates that are had automatically (RFC 8555), for the hosts of services that want it. The listeners ask it for
 * certificates, tell it of hosts without one, and answer the challenges of the ACME server with what it says.
 *
 * <p>No method blocks. Thread-safe. Nothing that goes wrong with the ACME server or the store disturbs a certificate that is in
 * use: it is reported, and tried again.
 */
public final class AcmeCertificates implements PendingCertificates {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeCertificates.class);
    private static final int ORDERS_AT_ONCE = 8;
    /** Of how many hosts at a time the store is asked for proofs: of those that are configured, and of any others. */
    private static final int PROOFS_SOUGHT = 256;

    private static final int PROOFS_SOUGHT_ON_DEMAND = 32;

    private static final CompletableFuture<Optional<String>> NO_PROOF =
            CompletableFuture.completedFuture(Optional.empty());

    private final AcmeSetup setup;
    private final AcmeSteps steps;
    private final AcmeAnswers answers = new AcmeAnswers();
    private final AcmeElsewhere elsewhere;
    private final AcmeElsewhere elsewhereOnDemand;
    private final AcmeQueue queue = new AcmeQueue(ORDERS_AT_ONCE);
    private final Map<String, AcmeKeeper> byHost = new ConcurrentHashMap<>();
    private final Map<String, AcmeDemand> demands = new ConcurrentHashMap<>();

    // Guarded by this.
    private final Map<String, Managed> services = new HashMap<>();
    private final Map<Path, CertificateStore> stores = new HashMap<>();
    private final Map<Account, Login> logins = new HashMap<>();

    /**
     * Begins with no certificates.
     *
     * @param setup what it needs of the proxy
     */
    public AcmeCertificates(AcmeSetup setup) {
        this.setup = setup;
        this.steps = new AcmeSteps(setup.executor(), setup.scheduler(), setup.time());
        this.elsewhere = new AcmeElsewhere(steps, PROOFS_SOUGHT);
        this.elsewhereOnDemand = new AcmeElsewhere(steps, PROOFS_SOUGHT_ON_DEMAND);
    }

    private record Account(
            URI directory,
            Optional<Path> authority,
            Optional<String> contact,
            Optional<AcmeOptions.ExternalAccount> external,
            Optional<Path> store) {
        static Account of(AcmeOptions options) {
            return new Account(
                    options.directory(),
                    options.directoryAuthority(),
                    options.contact(),
                    options.externalAccount(),
                    options.storeDirectory());
        }
    }

    private record Login(AcmeDirectory directory, AcmeVault vault) {}

    /** What a keeper goes by; one whose terms have changed is replaced. */
    private record Terms(
            Account account,
            AcmeOptions.KeyType keyType,
            List<Challenge> challenges,
            Optional<String> dnsRecords,
            Duration firstRequestWait) {
        static Terms of(AcmeOptions options) {
            return new Terms(
                    Account.of(options),
                    options.keyType(),
                    options.challenges(),
                    options.dnsRecords(),
                    options.firstRequestWait());
        }
    }

    /** A service, with the keepers of its own hosts, or of those that were demanded. */
    private record Managed(Terms terms, List<AcmeKeeper> keepers) {}

    /**
     * Keeps certificates for the hosts of a service from now on, in place of what was managed for it before. Certificates that
     * are in the store are taken from there, others ordered. A host that stays keeps its certificate meanwhile.
     *
     * @param service the service's name
     * @param hosts its hosts in canonical form, among which may be wildcards; none if it has certificates on demand
     * @param options how certificates are had
     * @throws IllegalArgumentException if that cannot be, as {@link #check} says
     */
    @Override
    public void manage(String service, List<String> hosts, AcmeOptions options) {
        check(service, hosts, options);
        List<AcmeKeeper> added;
        synchronized (this) {
            AcmeAuthority authority = authority(options);
            added = manage(service, groups(hosts, options), authority, demand(service, authority));
        }
        added.forEach(AcmeKeeper::start);
    }

    private List<AcmeKeeper> manage(
            String service, List<List<String>> groups, AcmeAuthority authority, @Nullable AcmeDemand demand) {
        Managed before = services.get(service);
        Terms terms = Terms.of(authority.options());
        boolean sameTerms = before != null && before.terms().equals(terms);
        List<AcmeKeeper> kept = new ArrayList<>();
        if (before != null && sameTerms) {
            before.keepers().stream()
                    .filter(keeper ->
                            (demand != null && demands.containsKey(service)) || groups.contains(keeper.hosts()))
                    .forEach(kept::add);
        }
        Set<List<String>> there = kept.stream().map(AcmeKeeper::hosts).collect(Collectors.toSet());
        List<AcmeKeeper> added = new ArrayList<>();
        for (List<String> group : groups) {
            if (!there.contains(group)) {
                added.add(keeper(service, group, authority, false));
            }
        }
        List<AcmeKeeper> all = new ArrayList<>(kept);
        all.addAll(added);
        services.put(service, new Managed(terms, all));
        added.forEach(keeper -> keeper.hosts().forEach(host -> byHost.put(host, keeper)));
        if (before != null) {
            before.keepers().stream().filter(keeper -> !kept.contains(keeper)).forEach(this::drop);
        }
        if (demand == null) {
            demands.remove(service);
        } else {
            demands.put(service, demand);
        }
        return added;
    }

    /**
     * {@return what begins orders for approved hosts, or null if nobody approves} With the same settings it is what did so before,
     * so that a deployment grants no new orders to whoever asks for names.
     */
    private @Nullable AcmeDemand demand(String service, AcmeAuthority authority) {
        AcmeOptions options = authority.options();
        if (options.onDemand().isEmpty()) {
            return null;
        }
        Managed before = services.get(service);
        boolean sameTerms = before != null && before.terms().equals(Terms.of(options));
        AcmeDemand there = sameTerms ? demands.get(service) : null;
        if (there != null && there.approvesAs(options)) {
            return there;
        }
        AcmeApproval approval = AcmeApproval.of(options.onDemand().get(), service, setup, steps);
        return new AcmeDemand(steps, approval, authority, host -> begin(service, host, authority));
    }

    private static List<List<String>> groups(List<String> hosts, AcmeOptions options) {
        if (hosts.isEmpty()) {
            return List.of();
        }
        return options.orderScope() == AcmeOptions.OrderScope.WHOLE_SERVICE
                ? List.of(hosts.stream().sorted().distinct().toList())
                : hosts.stream().distinct().map(List::of).toList();
    }

    private AcmeKeeper keeper(String service, List<String> hosts, AcmeAuthority authority, boolean onDemand) {
        Map<String, ServerCertificate> before = new LinkedHashMap<>();
        hosts.forEach(host -> Optional.ofNullable(byHost.get(host))
                .flatMap(keeper -> keeper.certificate(host))
                .ifPresent(certificate -> before.put(host, certificate)));
        Consumer<CertificateEvent> events = event -> tell(service, event);
        return new AcmeKeeper(
                steps,
                setup.chance(),
                queue,
                answers,
                authority,
                hosts,
                onDemand ? () -> approval(service, hosts.get(0)) : () -> CompletableFuture.completedFuture(true),
                host -> Optional.ofNullable(before.get(host)),
                onDemand ? events.andThen(event -> giveUp(service, hosts.get(0), event)) : events);
    }

    /** Begins to keep the certificate of a host that was approved. */
    private AcmeKeeper begin(String service, String host, AcmeAuthority authority) {
        AcmeKeeper keeper;
        synchronized (this) {
            AcmeKeeper there = byHost.get(host);
            if (there != null) {
                return there;
            }
            keeper = keeper(service, List.of(host), authority, true);
            Managed managed = services.get(service);
            if (managed == null || !demands.containsKey(service)) {
                keeper.end();
                return keeper;
            }
            managed.keepers().add(keeper);
            byHost.put(host, keeper);
        }
        keeper.start();
        return keeper;
    }

    private CompletionStage<Boolean> approval(String service, String host) {
        AcmeDemand demand = demands.get(service);
        // Asked just now, where the host has no certificate yet.
        boolean first =
                Optional.ofNullable(byHost.get(host)).map(AcmeKeeper::isNew).orElse(true);
        return first || demand == null
                ? CompletableFuture.completedFuture(true)
                : demand.approval().approves(host);
    }

    /** A host on demand that has no certificate is not tried again before somebody asks for it. */
    private void giveUp(String service, String host, CertificateEvent event) {
        AcmeKeeper keeper = byHost.get(host);
        boolean over = event instanceof CertificateEvent.Failed failed
                && !failed.nextTry().isZero();
        if (!over || keeper == null || !keeper.isExpired() || isConfigured(service)) {
            return;
        }
        AcmeDemand demand = demands.get(service);
        if (demand != null) {
            demand.failed(host, ((CertificateEvent.Failed) event).nextTry());
        }
        synchronized (this) {
            Managed managed = services.get(service);
            if (managed != null) {
                managed.keepers().remove(keeper);
            }
        }
        drop(keeper);
    }

    /** Whether hosts that were had on demand are the service's own since. */
    private synchronized boolean isConfigured(String service) {
        return services.containsKey(service) && !demands.containsKey(service);
    }

    private void drop(AcmeKeeper keeper) {
        keeper.hosts().forEach(host -> byHost.remove(host, keeper));
        keeper.end();
    }

    private void tell(String service, CertificateEvent event) {
        try {
            setup.events().accept(service, event);
        } catch (RuntimeException | Error e) {
            LOG.warn("What hears of certificates failed", e);
        }
    }

    /**
     * Checks whether certificates can be kept for a service, and changes nothing.
     *
     * @param service the service's name
     * @param hosts its hosts in canonical form
     * @param options how certificates are had
     * @throws IllegalArgumentException if they cannot: there are no hosts and nobody approves any, or both; a host is no name; a
     *     wildcard has no DNS records; there is no store; what the options name was not given to the proxy
     */
    @Override
    public void check(String service, List<String> hosts, AcmeOptions options) {
        if (hosts.isEmpty() == options.onDemand().isEmpty()) {
            throw new IllegalArgumentException("service \"" + service + "\" has "
                    + (hosts.isEmpty() ? "no hosts" : "hosts and certificates on demand")
                    + "; automatic certificates need either hosts or the approval of hosts on demand");
        }
        AcmeHosts.check(hosts);
        boolean dns = options.dnsRecords().isPresent() && options.challenges().contains(Challenge.DNS_01);
        hosts.stream()
                .filter(host -> AcmeHosts.isWildcard(host) && !dns)
                .findFirst()
                .ifPresent(host -> {
                    throw new IllegalArgumentException(
                            "host \"" + host + "\" is a wildcard, for which automatic certificates need "
                                    + "the challenge DNS_01 and DNS records");
                });
        if (options.storeDirectory().isEmpty() && setup.store().isEmpty()) {
            throw new IllegalArgumentException("automatic certificates of service \"" + service
                    + "\" have no store; expected a directory in the options, or a store for the proxy");
        }
        dns(options);
        options.onDemand().ifPresent(asked -> AcmeApproval.check(asked, setup));
    }

    private AcmeAuthority authority(AcmeOptions options) {
        Login login = logins.computeIfAbsent(Account.of(options), account -> {
            AcmeVault vault = new AcmeVault(store(options), options);
            return new Login(new AcmeDirectory(options, vault), vault);
        });
        return new AcmeAuthority(options, login.directory(), login.vault(), dns(options));
    }

    private CertificateStore store(AcmeOptions options) {
        return options.storeDirectory()
                .map(directory -> stores.computeIfAbsent(directory, FileCertificateStore::in))
                .orElseGet(() -> setup.store().orElseThrow());
    }

    private Optional<DnsRecords> dns(AcmeOptions options) {
        return options.dnsRecords().map(name -> {
            DnsRecords records = setup.dnsRecords().get(name);
            if (records == null) {
                throw new IllegalArgumentException(
                        "DNS records \"" + name + "\" were not given to the proxy; expected one of "
                                + setup.dnsRecords().keySet().stream().sorted().toList());
            }
            return records;
        });
    }

    /**
     * Keeps no certificates for a service any more. They stay in the store.
     *
     * @param service the service's name; one that is not managed is no error
     */
    @Override
    public synchronized void forget(String service) {
        Managed managed = services.remove(service);
        demands.remove(service);
        if (managed != null) {
            managed.keepers().forEach(this::drop);
        }
    }

    /** Ends all that is under way, and all timers; orders are taken up again by the next start. */
    public synchronized void stop() {
        List.copyOf(services.keySet()).forEach(this::forget);
    }

    /**
     * Looks for a certificate.
     *
     * @param host a host as the client names it
     * @return the certificate of the host, or of the wildcard that covers it, if there is one now
     */
    @Override
    public Optional<ServerCertificate> certificate(String host) {
        String name = AcmeHosts.canonical(host);
        return keeper(name).flatMap(keeper -> keeper.certificate(certified(name, keeper)));
    }

    /**
     * Asks for a certificate that is not there. Calls for one host while its certificate is being had cause one order.
     *
     * @param service the service that has the host
     * @param host a host as the client names it; anybody may ask for any
     * @return completes with true when there is a certificate; with false when there will be none for now, which is at once if
     *     the host is not managed and not approved or the next try is some time off, and at the latest after the wait that the
     *     options allow
     */
    @Override
    public CompletionStage<Boolean> wanted(String service, String host) {
        String name = AcmeHosts.canonical(host);
        Optional<AcmeKeeper> keeper = keeper(name);
        if (keeper.isPresent()) {
            return patiently(
                    keeper.get().wanted(certified(name, keeper.get())),
                    keeper.get().authority().options().firstRequestWait());
        }
        Optional<AcmeDemand> demand = Optional.ofNullable(demands.get(service));
        return demand.isPresent() && AcmeHosts.isName(name)
                ? patiently(demand.get().wanted(name), demand.get().patience())
                : CompletableFuture.completedFuture(false);
    }

    private CompletionStage<Boolean> patiently(CompletableFuture<Boolean> answer, Duration patience) {
        if (answer.isDone()) {
            return answer;
        }
        Scheduler.Cancellable end = setup.scheduler().schedule(() -> answer.complete(false), patience);
        return answer.whenComplete((there, failure) -> end.cancel());
    }

    private Optional<AcmeKeeper> keeper(String name) {
        AcmeKeeper keeper = byHost.get(name);
        return Optional.ofNullable(keeper != null ? keeper : byHost.get(AcmeHosts.wildcardOf(name)));
    }

    private static String certified(String name, AcmeKeeper keeper) {
        return keeper.hosts().contains(name) ? name : AcmeHosts.wildcardOf(name);
    }

    /**
     * Looks for the answer to a challenge by TLS-ALPN-01 (RFC 8737).
     *
     * @param host the name that a client sent with the protocol {@code acme-tls/1}
     * @return what that client, and no other, is shown; empty if nothing is to be proved, as far as is known
     */
    @Override
    public Optional<ServerCertificate> tlsAlpnAnswer(String host) {
        return answers.tlsAlpnAnswer(host)
                .or(() -> elsewhere.tlsAlpnAnswer(host))
                .or(() -> elsewhereOnDemand.tlsAlpnAnswer(host));
    }

    /**
     * Looks in the store whether another proxy is to prove that it has the host: it is by chance which of them the authority
     * asks. What strangers send is never looked for, but what belongs to the host; hosts that are not ours have nothing.
     *
     * @param host a host as the client names it
     * @return completes with whether there is something to be shown
     */
    @Override
    public CompletionStage<Boolean> proofWanted(String host) {
        String name = AcmeHosts.canonical(host);
        if (answers.isProving(name)) {
            return CompletableFuture.completedFuture(false); // It is our own order.
        }
        Optional<AcmeKeeper> keeper = keeper(name);
        if (keeper.isPresent()) {
            return elsewhere.look(name, keeper.get().authority().vault());
        }
        Optional<AcmeDemand> demand = demands.values().stream().findFirst();
        return demand.isPresent() && AcmeHosts.isName(name)
                ? elsewhereOnDemand.look(name, demand.get().vault())
                : CompletableFuture.completedFuture(false);
    }

    /**
     * Looks for the answer to a challenge by HTTP-01 (RFC 8555, section 8.3).
     *
     * @param host the host of the request, with or without a port
     * @param path its path
     * @return completes with the body of the answer, {@code application/octet-stream}; empty if nothing is to be proved. It is
     *     done at once if this proxy has it, or authorities do not ask for such a path
     */
    public CompletableFuture<Optional<String>> httpAnswer(String host, String path) {
        if (!AcmeAnswers.isAskedFor(path)) {
            return NO_PROOF;
        }
        Optional<String> known = knownHttpAnswer(host, path);
        return known.isPresent()
                ? CompletableFuture.completedFuture(known)
                : proofWanted(host)
                        .thenApply(there -> knownHttpAnswer(host, path))
                        .toCompletableFuture();
    }

    private Optional<String> knownHttpAnswer(String host, String path) {
        return answers.httpAnswer(host, path)
                .or(() -> elsewhere.httpAnswer(host, path))
                .or(() -> elsewhereOnDemand.httpAnswer(host, path));
    }
}
