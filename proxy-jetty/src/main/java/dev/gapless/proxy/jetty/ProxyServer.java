package dev.gapless.proxy.jetty;

import dev.gapless.proxy.AddressRange;
import dev.gapless.proxy.HandoffLimits;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.WaitInterruptedException;
import dev.gapless.proxy.jetty.tls.ClientTls;
import dev.gapless.proxy.jetty.tls.PendingCertificates;
import dev.gapless.proxy.spi.CacheStore;
import dev.gapless.proxy.spi.CertificateSource;
import dev.gapless.proxy.spi.CertificateStore;
import dev.gapless.proxy.spi.DnsRecords;
import dev.gapless.proxy.spi.HostApproval;
import dev.gapless.proxy.spi.RequestFilter;
import dev.gapless.proxy.spi.RolloutKey;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.StateStore;
import dev.gapless.proxy.spi.TargetSelector;
import dev.gapless.proxy.spi.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.ThreadPool;

/**
 * A reverse proxy in this process: listens, and forwards to the services that are deployed to it.
 *
 * <pre>{@code
 * ProxyServer proxy = ProxyServer.builder().httpPort(8080).build().start();
 * proxy.services().deploy(Deployment.of("shop", "127.0.0.1:3000"));
 * }</pre>
 *
 * <p>Thread-safe. Several may live in one JVM. A proxy is started once and stopped once.
 */
public final class ProxyServer implements AutoCloseable {
    private enum State {
        /** Built. STARTED or STOPPED follows. */
        NEW,
        /** Listening. STOPPED follows. */
        STARTED,
        /** Nothing follows. */
        STOPPED
    }

    final Assembly assembly;
    private State state = State.NEW;
    /** How many handlers of the host's server are started that lead here. */
    private int mounts;

    private boolean startedByMount;

    private ProxyServer(Builder builder) {
        assembly = new Assembly(builder);
        builder.server.ifPresent(server -> {
            Handler application = server.getHandler();
            Handler.Wrapper handler = handler(application == null ? Unrouted.NOT_FOUND : Unrouted.PASS_ON);
            handler.setHandler(application);
            server.setHandler(handler);
        });
    }

    /** {@return a builder with the defaults, which listens on every address at port 8080 without TLS} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts to listen. Requests are answered from then on, with 404 as long as nothing is deployed.
     *
     * @return this proxy
     * @throws ProxyStartException if a port is in use, the certificate cannot be used, or there is to be HTTP/3 and an artifact
     *     that it needs is missing; nothing listens then
     * @throws IllegalStateException if it has been started or stopped before, or is built on a {@linkplain Builder#server server},
     *     with which it starts
     */
    public synchronized ProxyServer start() {
        if (state != State.NEW) {
            throw new IllegalStateException("the proxy has been started or stopped before: " + state);
        }
        if (assembly.isPartOfServer()) {
            throw new IllegalStateException("the proxy starts with the server that it is built on");
        }
        begin();
        return this;
    }

    private void begin() {
        state = State.STOPPED;
        assembly.start();
        state = State.STARTED;
    }

    /** A handler that leads here is about to start. */
    synchronized void mount() {
        if (state == State.STOPPED) {
            throw new IllegalStateException("the proxy has stopped, which it does once; build another one");
        }
        if (state == State.NEW) {
            begin();
            startedByMount = true;
        }
        mounts++;
    }

    /** A handler that leads here is going to stop. {@return completes when it may} */
    synchronized CompletableFuture<Void> shutdownOfMount() {
        return mounts == 1 && startedByMount ? assembly.shutdown() : CompletableFuture.completedFuture(null);
    }

    /** A handler that leads here has stopped. */
    synchronized void unmount() {
        mounts--;
        if (mounts == 0 && startedByMount) {
            stop();
        }
    }

    /** {@return as {@link #handler(Unrouted)}, which answers 404 where no service matches} */
    public Handler.Wrapper handler() {
        return handler(Unrouted.NOT_FOUND);
    }

    /**
     * Makes a handler for a Jetty server of the host's, so that requests come to the services through the server's connectors,
     * whatever these speak.
     *
     * <pre>{@code
     * ProxyServer proxy = ProxyServer.builder().withoutPorts().build();
     * Handler.Wrapper handler = proxy.handler(Unrouted.PASS_ON);
     * handler.setHandler(application); // Gets what no service matches.
     * server.setHandler(handler);
     * server.start();                  // Starts the proxy, too.
     * }</pre>
     *
     * <p>A proxy that has not been started starts with the first of its handlers, and then stops with the last. A server that has a
     * {@linkplain Server#setStopTimeout stop timeout} lets requests in flight finish. A proxy that was started by {@link #start}
     * is stopped by {@link #stop} only.
     *
     * <p>How the connectors are set up is the server's: which requests they accept, how long a client may be idle, what headers
     * they add. TLS is theirs, too, so that services without TLS of their own are served over it. What comes over them is handed to
     * a thread of the proxy's, which costs a little. One thing is set, for connections that are accepted from then on: a server of
     * Jetty's {@linkplain HttpConfiguration#setHeaderCacheCaseSensitive takes}, by default, a cookie or an authorization for an
     * earlier one of its connection that differs from it in case alone.
     *
     * @param unrouted what becomes of requests that no service matches
     * @return a handler, not started, for one place in a server
     */
    public Handler.Wrapper handler(Unrouted unrouted) {
        return new MountedHandler(this, unrouted);
    }

    /**
     * {@return the port that HTTP is served on: the one that was found for port 0}
     *
     * @throws IllegalStateException if the proxy is not started, or has no ports
     */
    public synchronized int port() {
        checkStarted();
        return assembly.httpPort();
    }

    /**
     * {@return the port that HTTPS is served on}
     *
     * @throws IllegalStateException if the proxy is not started, or without HTTPS
     */
    public synchronized int httpsPort() {
        checkStarted();
        return assembly.httpsPort();
    }

    private void checkStarted() {
        if (state != State.STARTED) {
            throw new IllegalStateException("the proxy is not started");
        }
    }

    /** {@return the services of this proxy, which can be deployed before it starts, too} */
    public Services services() {
        return assembly.engine();
    }

    /** {@return the parts of this process that can be deployed as targets, which can be added before the proxy starts, too} */
    public InProcessTargets inProcessTargets() {
        return assembly.inProcess();
    }

    /**
     * Begins a handoff: requests that the application has begun to handle, on another server of its own say, go on to a service.
     *
     * @param service its name; whether there is one is looked at for each request
     * @return a builder
     */
    public Handoff.Builder handoffTo(String service) {
        return new Handoff.Builder(assembly.handoffs(), service);
    }

    /**
     * Stops: closes the listening sockets, fails deployments under way, lets the requests in flight finish within the
     * {@linkplain Builder#shutdownGrace grace time}, then ends what is left. Returns when nothing is left; does nothing if
     * stopped before.
     *
     * @throws WaitInterruptedException if the thread is interrupted in the grace time, which ends it
     */
    public synchronized void stop() {
        if (state != State.STOPPED) {
            state = State.STOPPED;
            assembly.stop();
        }
    }

    /** Does what {@link #stop} does. */
    @Override
    public void close() {
        stop();
    }

    /** Builds a {@link ProxyServer}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private static final int MIN_HEADER_BYTES = 1024;
        /** Some multiples of it are sizes of buffers. */
        private static final int MAX_HEADER_BYTES = 16 * 1024 * 1024;

        Optional<Server> server = Optional.empty();
        Optional<ThreadPool> threadPool = Optional.empty();
        Optional<ClientSettings> clientSettings = Optional.empty();
        /** Whether there are ports of the proxy's own. */
        boolean listens = true;

        Optional<String> bindAddress = Optional.empty();
        int httpPort = 8080;
        OptionalInt httpsPort = OptionalInt.empty();
        Optional<ClientTls.OwnFiles> certificate = Optional.empty();
        final Map<String, CertificateSource> certificateSources = new HashMap<>();
        Optional<CertificateStore> certificateStore = Optional.empty();
        final Map<String, DnsRecords> dnsRecords = new HashMap<>();
        final Map<String, HostApproval> hostApprovals = new HashMap<>();
        /** Instead of those that are had by ACME. */
        Optional<PendingCertificates> pendingCertificates = Optional.empty();
        /** The clock by which automatic certificates are renewed. */
        TimeSource certificateTime = TimeSource.system();
        /** What runs what they have to do later, if not the proxy's scheduler. */
        Optional<Scheduler> certificateScheduler = Optional.empty();

        int maxHeaderBytes = 64 * 1024;
        Duration clientIdleTimeout = Duration.ofSeconds(60);
        Duration clientHeadTimeout = Duration.ofSeconds(60);
        Duration targetIdleTimeout = Duration.ofHours(1);
        Duration targetKeepAlive = Duration.ofSeconds(4);
        Duration connectTimeout = Duration.ofSeconds(5);
        boolean http3;
        int maxConnections = 100_000;
        int maxHttp3Connections = 1_000;
        int maxConnectionsPerTarget = 10_000;
        Duration shutdownGrace = Duration.ofSeconds(10);
        Optional<Executor> executor = Optional.empty();
        final List<ProxyListener> listeners = new ArrayList<>();
        final Map<String, TargetSelector> targetSelectors = new HashMap<>();
        final Map<String, RolloutKey> rolloutKeys = new HashMap<>();
        Optional<StateStore> stateStore = Optional.empty();
        OptionalLong bufferMemory = OptionalLong.empty();
        OptionalLong bufferDisk = OptionalLong.empty();
        Optional<Path> bufferDirectory = Optional.empty();
        long cacheMemory = 64L << 20;
        Optional<CacheStore> cacheStore = Optional.empty();
        /** The clock by which responses grow old. */
        TimeSource cacheTime = TimeSource.system();

        boolean accessLog = true;
        HandoffLimits handoffLimits = HandoffLimits.defaults();
        final Map<String, HandoffLimits> handoffLimitsOfServices = new HashMap<>();
        Duration hostCodeTimeout = Duration.ofSeconds(10);
        final List<RequestFilter> filters = new ArrayList<>();
        /** When in a drain's first half requests are told of it: from 0 to less than 1. */
        DoubleSupplier drainChance = () -> ThreadLocalRandom.current().nextDouble();

        final Set<AddressRange> proxyProtocol = new LinkedHashSet<>();

        private Builder() {}

        /**
         * Builds the proxy on a Jetty server of the host's, which is not started yet. The proxy's ports become connectors of that
         * server, and its threads, scheduler and buffers serve the proxy. In front of the handler that the server has by then comes
         * the proxy's: what no service matches goes on to the application's, and is answered 404 by the proxy if there is none. A
         * handler that is set later takes its place; see {@link ProxyServer#handler(Unrouted)} for setting both.
         *
         * <p>The proxy starts and stops with the server, and never stops anything else of it. A request that cannot be read as one
         * is answered by the server's error handler.
         *
         * @param server not started; by default the proxy has one of its own
         * @return this builder
         * @throws IllegalArgumentException if the server has been started
         */
        public Builder server(Server server) {
            if (server.isRunning()) {
                throw new IllegalArgumentException(
                        "the server " + server.getState() + " must not be started before the proxy is built on it");
            }
            this.server = Optional.of(server);
            return this;
        }

        /**
         * Sets the threads of the proxy: a few for the whole of its life, by the number of the processor's cores, and more now and
         * then. They are started if they do not run yet, and never stopped.
         *
         * @param threads a pool of the proxy's own by default, or that of the {@linkplain #server server}
         * @return this builder
         */
        public Builder threadPool(ThreadPool threads) {
            this.threadPool = Optional.of(threads);
            return this;
        }

        /**
         * Sets up connections to targets as a client of the host's is set up, and has the proxy share what that runs on. Taken
         * over, as the client has it now, are
         *
         * <ul>
         *   <li>its timeouts: {@link #connectTimeout}, {@link #targetIdleTimeout} (unless the client has none), and that of
         *       resolving names;
         *   <li>its limits: {@link #maxConnectionsPerTarget}, and how many requests wait for a connection;
         *   <li>its executor, as {@link #threadPool}, its scheduler and its buffers, where it has any (as it does from its start
         *       on), and the proxy is not built on a {@linkplain #server server}, whose count then. They are started if they do not
         *       run yet, and never stopped by the proxy; nor must they be, or the client, before the proxy is;
         *   <li>of its connector the address that connections come from, {@code TCP_NODELAY}, and the sizes of buffers and the
         *       reuse of addresses and ports of sockets;
         *   <li>what resolves names, here and when a deployment is checked, unless it is Jetty's own; and
         *   <li>its {@code SslContextFactory}, for targets whose deployment names neither a certificate authority nor a client's
         *       certificate in its {@link dev.gapless.proxy.TargetTls}. What it reloads counts from the next connection on;
         *   <li>the sizes of its buffers for requests, and for responses if it is not Jetty's 16 KiB, where the proxy has 64 KiB.
         * </ul>
         *
         * <p>What is set after this counts. The client itself is neither used nor changed: the proxy's connections to targets
         * belong to the threads that serve its requests, and what it passes on must not be decoded, redirected, authenticated or
         * remembered. So nothing else of it counts: redirects, cookies, authentications, decoders, listeners, its
         * {@code User-Agent}; nor its limits of heads, which are {@link #maxHeaderBytes}.
         *
         * @param client started or not
         * @return this builder
         * @throws IllegalArgumentException if one of these is not acceptable here; or if the client has what the proxy can neither
         *     follow nor leave alone: a proxy configuration; a transport or connector other than Jetty's plain ones; an executor
         *     that is no {@code ThreadPool}; a bind address that is not of the internet protocol; connections that are opened while
         *     a thread waits; an HTTP compliance other than that of RFC 9110; or TLS that trusts all or does not check names
         */
        public Builder httpClient(HttpClient client) {
            ClientSettings settings = ClientSettings.of(client);
            connectTimeout(Duration.ofMillis(client.getConnectTimeout()));
            if (client.getIdleTimeout() > 0) {
                targetIdleTimeout(Duration.ofMillis(client.getIdleTimeout()));
            }
            maxConnectionsPerTarget(client.getMaxConnectionsPerDestination());
            if (client.getExecutor() instanceof ThreadPool threads) {
                threadPool(threads);
            }
            this.clientSettings = Optional.of(settings);
            return this;
        }

        /**
         * Has the proxy listen on no port: requests come through a {@linkplain ProxyServer#handler(Unrouted) handler} in a server
         * of the host's, or through a servlet.
         *
         * @return this builder
         */
        public Builder withoutPorts() {
            this.listens = false;
            return this;
        }

        /**
         * Sets the address to listen on.
         *
         * @param address a name or an address; every address of the machine by default
         * @return this builder
         */
        public Builder bindAddress(String address) {
            this.bindAddress = Optional.of(address);
            return this;
        }

        /**
         * Sets the port for HTTP/1.1, and HTTP/2 in clear text by prior knowledge.
         *
         * @param port 8080 by default; 0 for a free one
         * @return this builder
         * @throws IllegalArgumentException if it is outside 0 to 65535
         */
        public Builder httpPort(int port) {
            this.httpPort = port("HTTP port", port);
            return this;
        }

        /**
         * Sets the port for HTTP/1.1 and HTTP/2 over TLS; there is none by default.
         *
         * <p>Spoken are TLS 1.3 and TLS 1.2, the latter with forward secrecy and authenticated encryption only (ECDHE with
         * AES-GCM or ChaCha20-Poly1305), the proxy's preference counts, nothing is renegotiated, and sessions are resumed by
         * tickets whose keys the JDK changes. The certificate is chosen by the name that the client gives in the handshake
         * (SNI): that of the service which has the root path of the host. A name that no service with TLS has is refused with
         * the alert {@code unrecognized_name}; a client that names none gets the {@linkplain #certificate proxy's own
         * certificate}, or else that of any service.
         *
         * @param port 0 for a free one
         * @return this builder
         * @throws IllegalArgumentException if it is outside 0 to 65535
         */
        public Builder httpsPort(int port) {
            this.httpsPort = OptionalInt.of(port("HTTPS port", port));
            return this;
        }

        /**
         * Sets whether HTTP/3 is spoken, too, over UDP on the {@linkplain #httpsPort HTTPS port}; other responses over TLS then say
         * so by {@code Alt-Svc}, for as long as the proxy listens, unless the target has sent its own. The port that they name is
         * the one that the proxy listens on, so that a port that is mapped from another is announced wrongly.
         *
         * <p>Needs the artifacts {@code org.eclipse.jetty.http3:jetty-http3-server},
         * {@code org.eclipse.jetty.quic:jetty-quic-quiche-server} and {@code org.eclipse.jetty.quic:jetty-quic-quiche-jna}, of the
         * version of the other artifacts of Jetty, which calls them experimental; the last brings a native library. Without them,
         * or where the library does not work, {@link ProxyServer#start} fails and says so.
         *
         * <p>Certificates are chosen as for TLS over TCP, and a new one counts from the next handshake on. As the library reads
         * keys from files alone, those in use over HTTP/3 are in files of the temporary directory that only their owner can read,
         * until the proxy stops; a key that cannot be read, as one within a security module, cannot be used. Services that ask
         * clients for certificates are not served over HTTP/3, and WebSockets neither.
         *
         * @param enabled false by default
         * @return this builder
         */
        public Builder http3(boolean enabled) {
            this.http3 = enabled;
            return this;
        }

        /**
         * Sets how many clients may be connected over HTTP/3 at once, within {@link #maxConnections}. Each takes about 1 MiB of
         * memory outside of the heap. Further ones are refused, upon which browsers use HTTP/2.
         *
         * @param connections 1,000 by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxHttp3Connections(int connections) {
            this.maxHttp3Connections = atLeast("max HTTP/3 connections", connections, 1);
            return this;
        }

        /**
         * Sets the certificate for HTTPS that the proxy has for services without one of {@linkplain
         * dev.gapless.proxy.TlsOptions#certificate their own}, and for clients that do not say which host they want. The files
         * are read when the proxy starts, and again whenever they change: without a connection being dropped, and if they cannot
         * be used the certificate in use is kept and listeners are told.
         *
         * @param chain a PEM file with the certificate and its issuers
         * @param key a PEM file with its private key, not encrypted: PKCS#8, PKCS#1 or SEC 1
         * @return this builder
         */
        public Builder certificate(Path chain, Path key) {
            this.certificate = Optional.of(new ClientTls.OwnFiles(chain.toAbsolutePath(), key.toAbsolutePath()));
            return this;
        }

        /**
         * Adds a source of certificates, which services can name in their {@link dev.gapless.proxy.TlsOptions}; may be called
         * several times.
         *
         * @param name by which services name it
         * @param source gives the certificates
         * @return this builder
         */
        public Builder certificateSource(String name, CertificateSource source) {
            certificateSources.put(name, source);
            return this;
        }

        /**
         * Sets where keys and certificates are kept that {@linkplain dev.gapless.proxy.TlsOptions.Builder#automatic arrive by
         * themselves}, for services whose options name no directory for it. Several proxies may share one.
         *
         * @param store a {@link dev.gapless.proxy.FileCertificateStore} say; there is none by default
         * @return this builder
         */
        public Builder certificateStore(CertificateStore store) {
            this.certificateStore = Optional.of(store);
            return this;
        }

        /**
         * Adds what changes a zone of the DNS, which services can name in their {@link
         * dev.gapless.proxy.AcmeOptions#dnsRecords}: wildcards need it. May be called several times.
         *
         * @param name by which services name it
         * @param records changes the zone
         * @return this builder
         */
        public Builder dnsRecords(String name, DnsRecords records) {
            dnsRecords.put(name, records);
            return this;
        }

        /**
         * Adds what approves hosts for certificates {@linkplain dev.gapless.proxy.AcmeOptions#onDemand on demand}, which services
         * can name; may be called several times.
         *
         * @param name by which services name it
         * @param approval approves hosts
         * @return this builder
         */
        public Builder hostApproval(String name, HostApproval approval) {
            hostApprovals.put(name, approval);
            return this;
        }

        /**
         * Sets how large the head of a request or of a response may be. A larger request is answered with 431, for a larger
         * response the client gets 502. Over HTTP/2 a head counts as it would be as text, and one of more than twice that
         * ends the connection.
         *
         * @param bytes 64 KiB by default, at least 1 KiB and at most 16 MiB
         * @return this builder
         * @throws IllegalArgumentException if it is less or more
         */
        public Builder maxHeaderBytes(int bytes) {
            if (bytes < MIN_HEADER_BYTES || bytes > MAX_HEADER_BYTES) {
                throw new IllegalArgumentException(
                        "max header bytes " + bytes + " is outside " + MIN_HEADER_BYTES + " to " + MAX_HEADER_BYTES);
            }
            this.maxHeaderBytes = bytes;
            return this;
        }

        /**
         * Sets how long a client may be silent between requests, or within one. While the proxy waits for a target this does not
         * count; how slowly a client may send and take bodies is its service's to say, see {@link
         * dev.gapless.proxy.BodyOptions#requestPace}.
         *
         * @param timeout 60 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder clientIdleTimeout(Duration timeout) {
            this.clientIdleTimeout = positive("client idle timeout", timeout);
            return this;
        }

        /**
         * Sets how long a client may take for the head of a request, from the first byte of it: one that sends a byte now and
         * then is never idle. On a new connection this includes what goes before, a header of the {@linkplain #proxyProtocol
         * PROXY protocol} and the TLS handshake; over HTTP/2 it is for each frame but those of bodies. The connection is closed
         * then, at most a second later.
         *
         * @param timeout 60 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder clientHeadTimeout(Duration timeout) {
            this.clientHeadTimeout = positive("client head timeout", timeout);
            return this;
        }

        /**
         * Adds to the addresses from which connections begin with a header of the PROXY protocol, version 1 or 2, on both
         * ports: load balancers that pass connections on, before or within which TLS and HTTP are the client's own. May be called
         * several times.
         *
         * <p>From these addresses the header is required; a connection that does not begin with a proper one, of at most 16
         * KiB, within the {@linkplain #clientHeadTimeout head timeout} is closed without an answer, and logged at DEBUG. What it
         * says of the client (address and port) is then the peer for everything: {@code X-Forwarded-For}, trusted ranges,
         * the access log, listeners. Where it says nothing of the client ({@code UNKNOWN} in version 1; {@code LOCAL}, {@code
         * UNSPEC} or a Unix domain socket in version 2) the connection's own address stays, as for a health check. Anything else
         * that it tells, TLVs and their checksum included, is ignored.
         *
         * <p>From any other address such a header is a malformed request (400; to the TLS port, a failed handshake), and
         * ordinary requests are served.
         *
         * @param ranges in the form of {@link AddressRange#parse}; none by default
         * @return this builder
         * @throws IllegalArgumentException if one has another form
         */
        public Builder proxyProtocol(String... ranges) {
            for (String range : ranges) {
                proxyProtocol.add(AddressRange.parse(range));
            }
            return this;
        }

        /**
         * Sets how long a target may be silent within its response, or not take what is sent to it. A stream of events may be
         * silent for as long, however short the {@linkplain #clientIdleTimeout clients' idle timeout} is.
         *
         * @param timeout one hour by default, as event streams may be quiet
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder targetIdleTimeout(Duration timeout) {
            this.targetIdleTimeout = positive("target idle timeout", timeout);
            return this;
        }

        /**
         * Sets how long an unused connection to a target is kept. It should be shorter than the target keeps it, so that no
         * request is sent to a connection that is about to be closed.
         *
         * @param time 4 seconds by default: common servers keep theirs for 5 or more
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder targetKeepAlive(Duration time) {
            this.targetKeepAlive = positive("target keep-alive", time);
            return this;
        }

        /**
         * Sets how long connecting to a target may take, and after that the TLS handshake and the first words of HTTP/2.
         *
         * @param timeout 5 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = positive("connect timeout", timeout);
            return this;
        }

        /**
         * Sets how many clients' connections each port takes; further ones wait in the queue of the operating system.
         *
         * @param connections 100,000 by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxConnections(int connections) {
            this.maxConnections = atLeast("max connections", connections, 1);
            return this;
        }

        /**
         * Sets how many connections to one target there may be; requests beyond what these take (over HTTP/1.1 one each) wait,
         * at most ten times as many as there may be connections, and further ones are answered with 503.
         *
         * @param connections 10,000 by default; shared evenly by the processor's cores
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxConnectionsPerTarget(int connections) {
            this.maxConnectionsPerTarget = atLeast("max connections per target", connections, 1);
            return this;
        }

        /**
         * Sets how long requests in flight may take to finish when the proxy stops. WebSockets are asked to end in the first half
         * of that time.
         *
         * @param grace 10 seconds by default; zero ends them at once
         * @return this builder
         * @throws IllegalArgumentException if it is negative or longer than 100 years
         */
        public Builder shutdownGrace(Duration grace) {
            if (grace.isNegative()) {
                throw new IllegalArgumentException("shutdown grace " + grace + " must not be negative");
            }
            this.shutdownGrace = countable("shutdown grace", grace);
            return this;
        }

        /**
         * Sets how much memory the bodies that are buffered may take together; beyond that they go to disk earlier.
         *
         * @param bytes an eighth of the largest heap by default; 0 for none
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder bufferMemory(long bytes) {
            this.bufferMemory = OptionalLong.of(notNegative("buffer memory", bytes));
            return this;
        }

        /**
         * Sets how much disk the bodies that are buffered may take together. Beyond that requests that should be buffered get 507,
         * and responses are streamed.
         *
         * @param bytes 8 GiB by default; 0 for none
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder bufferDisk(long bytes) {
            this.bufferDisk = OptionalLong.of(notNegative("buffer disk space", bytes));
            return this;
        }

        /**
         * Sets where bodies are buffered that do not stay in memory. The files are readable by their owner only, and gone when the
         * proxy stops; what a crash leaves is removed by the next that uses the directory.
         *
         * @param directory made at the start if it is missing, the one above it must exist; by default {@code gapless-<user>} in
         *     {@code java.io.tmpdir}, made when it is first needed
         * @return this builder
         */
        public Builder bufferDirectory(Path directory) {
            this.bufferDirectory = Optional.of(directory);
            return this;
        }

        /**
         * Sets where listeners are called and look-ups of names are made; these may block.
         *
         * @param executor the proxy's own threads by default
         * @return this builder
         */
        public Builder executor(Executor executor) {
            this.executor = Optional.of(executor);
            return this;
        }

        /**
         * Adds a listener; may be called several times.
         *
         * @param listener hears of requests and deployments
         * @return this builder
         */
        public Builder listener(ProxyListener listener) {
            listeners.add(listener);
            return this;
        }

        /**
         * Adds a way to choose one of several targets, which services can name as their {@link
         * dev.gapless.proxy.LoadBalancing}; may be called several times.
         *
         * @param name by which services name it
         * @param selector chooses
         * @return this builder
         */
        public Builder targetSelector(String name, TargetSelector selector) {
            targetSelectors.put(new LoadBalancing(name).name(), selector);
            return this;
        }

        /**
         * Adds a way to tell clients in a rollout, which services can name as their {@link
         * dev.gapless.proxy.ServiceOptions#rolloutKey rollout key}; may be called several times.
         *
         * @param name by which services name it
         * @param key computes by what a client is told
         * @return this builder
         */
        public Builder rolloutKey(String name, RolloutKey key) {
            rolloutKeys.put(name, key);
            return this;
        }

        /**
         * Sets where it is kept what is deployed, paused, stopped and rolled out, so that it survives a restart: what the store
         * has is restored before the proxy listens, and serves at once, without waiting for probes.
         *
         * @param store a {@link dev.gapless.proxy.FileStateStore} say; nothing is kept by default
         * @return this builder
         */
        public Builder stateStore(StateStore store) {
            this.stateStore = Optional.of(store);
            return this;
        }

        /**
         * Sets how much memory the responses may take that are cached, of all services together; of more, the least useful are
         * given up. Nothing is cached for services whose {@linkplain dev.gapless.proxy.ServiceOptions#cache options} do not say
         * so; these say how long a response may be, too.
         *
         * <p>Bodies of 16 KiB and more lie outside of the heap, in direct buffers, up to so many bytes, and up to an eighth of the
         * largest heap for all proxies of the process together. What goes beyond, or finds no such memory, lies in the heap.
         *
         * @param bytes 64 MiB by default; 0 for none
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder cacheMemory(long bytes) {
            this.cacheMemory = notNegative("cache memory", bytes);
            return this;
        }

        /**
         * Sets what keeps the responses that are cached, in place of the proxy's own memory.
         *
         * @param store for this proxy alone
         * @return this builder
         */
        public Builder cacheStore(CacheStore store) {
            this.cacheStore = Optional.of(store);
            return this;
        }

        /**
         * Sets whether each request is logged, at INFO on the SLF4J logger {@code dev.gapless.proxy.access}, with key-value
         * pairs.
         *
         * @param enabled true by default
         * @return this builder
         */
        public Builder accessLog(boolean enabled) {
            this.accessLog = enabled;
            return this;
        }

        /**
         * Sets how many {@linkplain ProxyServer#handoffTo handoffs} are under way at once, and wait, for each service that has no
         * {@linkplain #handoffLimits(String, HandoffLimits) limits of its own}.
         *
         * @param limits {@link HandoffLimits#defaults()} by default
         * @return this builder
         */
        public Builder handoffLimits(HandoffLimits limits) {
            this.handoffLimits = limits;
            return this;
        }

        /**
         * Sets how many {@linkplain ProxyServer#handoffTo handoffs} to a service are under way at once, and wait.
         *
         * @param service the name of the service
         * @param limits in place of those for all services
         * @return this builder
         */
        public Builder handoffLimits(String service, HandoffLimits limits) {
            handoffLimitsOfServices.put(service, limits);
            return this;
        }

        /**
         * Adds a filter, which takes part in every request; may be called several times. There is none by default, which costs
         * nothing.
         *
         * @param filter asked after those that were added before
         * @return this builder
         */
        public Builder filter(RequestFilter filter) {
            filters.add(filter);
            return this;
        }

        /**
         * Sets how long a request waits for code of the host's that takes part in it, each time: for a {@linkplain #filter filter},
         * or a callback of a {@linkplain Handoff.Builder#onResponse handoff}. After that it counts as failed.
         *
         * @param timeout 10 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder hostCodeTimeout(Duration timeout) {
            this.hostCodeTimeout = positive("host code timeout", timeout);
            return this;
        }

        /**
         * {@return a proxy as set so far, not started}
         *
         * @throws IllegalArgumentException if there is to be HTTP/3 without an HTTPS port, or
         *     {@linkplain #withoutPorts without ports}
         */
        public ProxyServer build() {
            if (http3 && (httpsPort.isEmpty() || !listens)) {
                throw new IllegalArgumentException("HTTP/3 needs an HTTPS port, and none is set");
            }
            return new ProxyServer(this);
        }

        private static long notNegative(String name, long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException(name + " " + bytes + " must be 0 or more bytes");
            }
            return bytes;
        }

        private static int port(String name, int value) {
            if (value < 0 || value > 65_535) {
                throw new IllegalArgumentException(name + " " + value + " is outside 0 to 65535");
            }
            return value;
        }

        private static int atLeast(String name, int value, int least) {
            if (value < least) {
                throw new IllegalArgumentException(name + " " + value + " must be at least " + least);
            }
            return value;
        }

        static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + " " + value + " must be longer than zero");
            }
            return countable(name, value);
        }

        /** Times are counted in nanoseconds inside, which fit into a long for 292 years. */
        private static Duration countable(String name, Duration value) {
            if (value.compareTo(Duration.ofDays(36_500)) > 0) {
                throw new IllegalArgumentException(name + " " + value + " must be shorter than 100 years");
            }
            return value;
        }
    }
}
