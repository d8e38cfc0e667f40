package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.WaitInterruptedException;
import dev.gapless.proxy.buffer.BufferLimits;
import dev.gapless.proxy.buffer.BufferSpace;
import dev.gapless.proxy.cache.HttpCache;
import dev.gapless.proxy.cache.MemoryCacheStore;
import dev.gapless.proxy.engine.EngineSetup;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.jetty.tls.AcmeCertificates;
import dev.gapless.proxy.jetty.tls.AcmeSetup;
import dev.gapless.proxy.jetty.tls.ClientTls;
import dev.gapless.proxy.spi.CacheStore;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.io.IOException;
import java.net.BindException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/** Puts the parts of a proxy together, and starts and stops them in order. */
final class Assembly {
    private static final Duration IDLE_SWEEP = Duration.ofSeconds(1);
    private static final Duration PACE_PRECISION = Duration.ofMillis(50);
    /** How soon a certificate that has changed on disk is read again. */
    private static final Duration CERTIFICATE_CHECK = Duration.ofSeconds(3);

    /** Clients may go on trying HTTP/3 for so long after it was switched off, and then come back. */
    private static final long ALTERNATIVE_SECONDS = Duration.ofHours(1).toSeconds();

    private static final Duration HEAD_PRECISION = Duration.ofSeconds(1);
    private static final Duration DEPARTURE_PRECISION = Duration.ofMillis(500);

    /** A state that is being saved, or a listener that hears of the end, gets this long. */
    private static final long LAST_WORK_SECONDS = 5;

    private static final long MOST_OBJECT_BYTES = 1L << 30;
    /** Responses that are compressed at once, each with memory outside of the heap; others go on as they are. */
    private static final int MOST_ENCODERS = 256;

    private static final int MIN_FILE_THREADS = 4;
    private static final long FILE_THREAD_IDLE_SECONDS = 10;

    private final ProxyServer.Builder options;
    private final Foundation foundation;
    /** For what may block: names, files, the host's listeners. */
    private final ExecutorService workers = Executors.newCachedThreadPool(Assembly::worker);

    /** For bodies that do not stay in memory; bounded, as a disk takes no more by more threads. */
    private final ExecutorService fileThreads;

    private final BufferSpace bodyBuffers;
    private final Scheduler scheduler;
    /** The proxy's own, if it has one: not where it is a part of a server of the host's. */
    private final @Nullable Server server;

    private final HttpClient client;
    private final ProxyEngine engine;
    private final ClientTls tls;
    private final AcmeCertificates automatic;
    private final InProcessTargets inProcess;
    private final TargetConnections connections;
    private final PaceWatch paceWatch;
    private final Caching caching;
    private final Encoders encoders;
    private final ForwardingHandler handler;
    private final Handoffs handoffs;
    private final @Nullable Listeners factory;
    private final List<LaneServerConnector> listeners = new ArrayList<>();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final AtomicBoolean checkingCertificates = new AtomicBoolean();
    private @Nullable Http3Listener http3;
    private boolean worked;
    private volatile boolean running;

    Assembly(ProxyServer.Builder options) {
        this.options = options;
        foundation = new Foundation(options);
        scheduler = new JettyScheduler(foundation.scheduler());
        int cores = Runtime.getRuntime().availableProcessors();
        Lanes lanes = new Lanes(cores);
        client = Clients.newClient(options, lanes, foundation.threads(), foundation.scheduler(), foundation.buffers());
        Executor callbacks = options.executor.orElse(workers);
        TimeSource time = TimeSource.system();
        fileThreads = fileThreads(cores);
        bodyBuffers = bodyBuffers(options, fileThreads);
        inProcess = new InProcessTargets(foundation.scheduler(), foundation.buffers(), options.maxHeaderBytes);
        connections = new TargetConnections(
                client, lanes, inProcess, options.targetKeepAlive, options.clientSettings.flatMap(ClientSettings::ssl));
        automatic = new AcmeCertificates(acmeSetup());
        tls = new ClientTls(
                time,
                options.httpsPort.isPresent(),
                options.certificate,
                options.certificateSources,
                options.pendingCertificates.orElse(automatic));
        CacheLimits cacheLimits = cacheLimits(options);
        CacheStore store = options.cacheStore.orElseGet(() -> MemoryCacheStore.ofBytes(cacheLimits.maxBytes()));
        caching = new Caching(HttpCache.create(store, cacheLimits), options.cacheTime, scheduler);
        engine = new ProxyEngine(
                new EngineSetup(
                        time,
                        scheduler,
                        callbacks,
                        new JettyHealthProbe(client, connections),
                        new DnsResolver(callbacks, inProcess, options.clientSettings.flatMap(ClientSettings::resolver)),
                        connections,
                        tls,
                        listeners(options),
                        options.targetSelectors,
                        options.rolloutKeys,
                        options.stateStore,
                        caching.cache()),
                options.drainChance);
        paceWatch = new PaceWatch(time);
        encoders = new Encoders(Encoders.FORMATS, MOST_ENCODERS, new SecureRandom());
        handler = new ForwardingHandler(
                engine,
                time,
                client,
                connections,
                lanes,
                bodyBuffers,
                new ServedFiles(engine, fileThreads),
                paceWatch,
                caching,
                encoders,
                automatic::httpAnswer,
                options.maxHeaderBytes);
        handler.filter(new Filters(options.filters, scheduler, options.hostCodeTimeout, engine));
        handoffs = new Handoffs(
                handler,
                scheduler,
                callbacks,
                options.handoffLimits,
                options.handoffLimitsOfServices,
                options.hostCodeTimeout);
        server = options.server.isEmpty() && options.listens ? foundation.newServer() : null;
        Server listening = options.server.orElse(server);
        if (server != null) {
            server.setHandler(handler);
        }
        if (listening != null && options.listens) {
            factory = new Listeners(
                    options,
                    listening,
                    lanes,
                    new LaneExecutor(foundation.threads()),
                    foundation.scheduler(),
                    foundation.buffers());
            listen(listening, factory);
        } else {
            factory = null;
        }
    }

    /** Makes the listeners, which open their ports when the server starts. */
    private void listen(Server listening, Listeners factory) {
        listeners.add(factory.http());
        options.httpsPort.ifPresent(port -> listeners.add(factory.https(port, tls)));
        listeners.forEach(listening::addConnector);
    }

    private AcmeSetup acmeSetup() {
        return new AcmeSetup(
                workers,
                options.certificateScheduler.orElse(scheduler),
                options.certificateTime,
                new Random(),
                options.certificateStore,
                options.dnsRecords,
                options.hostApprovals,
                (service, path) -> new ApprovalQuestion(engine, client, connections).status(service, path),
                (service, event) -> engine.certificateChanged(service, event));
    }

    private static ExecutorService fileThreads(int cores) {
        int most = Math.max(MIN_FILE_THREADS, 2 * cores);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                most,
                most,
                FILE_THREAD_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> daemon(task, "gapless-file"));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private static BufferSpace bodyBuffers(ProxyServer.Builder options, Executor files) {
        BufferLimits defaults = BufferLimits.defaults();
        BufferLimits limits = new BufferLimits(
                options.bufferMemory.orElse(defaults.memoryBytes()), options.bufferDisk.orElse(defaults.diskBytes()));
        return options.bufferDirectory
                .map(directory -> BufferSpace.in(directory, limits, files))
                .orElseGet(() -> BufferSpace.inTemporaryDirectory(limits, files));
    }

    /** How long an object may be is for each service to say, as far as there is room. */
    private static CacheLimits cacheLimits(ProxyServer.Builder options) {
        CacheLimits defaults = CacheLimits.ofBytes(options.cacheMemory);
        return new CacheLimits(
                defaults.maxBytes(),
                Math.min(options.cacheMemory, MOST_OBJECT_BYTES),
                defaults.maxFillBytes(),
                defaults.maxWaiting());
    }

    private static List<ProxyListener> listeners(ProxyServer.Builder options) {
        List<ProxyListener> listeners = new ArrayList<>(options.listeners);
        if (options.accessLog) {
            listeners.add(0, new AccessLog());
        }
        return listeners;
    }

    /** {@return the engine, ready to deploy, whether anyone listens yet or not} */
    ProxyEngine engine() {
        startWorking();
        return engine;
    }

    Handoffs handoffs() {
        return handoffs;
    }

    ClientTls tls() {
        return tls;
    }

    HttpClient client() {
        return client;
    }

    InProcessTargets inProcess() {
        return inProcess;
    }

    Caching caching() {
        return caching;
    }

    TargetConnections connections() {
        return connections;
    }

    Encoders encoders() {
        return encoders;
    }

    List<LaneServerConnector> listeners() {
        return listeners;
    }

    Http3Listener http3() {
        if (http3 == null) {
            throw new IllegalStateException("the proxy does not speak HTTP/3");
        }
        return http3;
    }

    int httpPort() {
        if (listeners.isEmpty()) {
            throw new IllegalStateException("the proxy has no ports of its own");
        }
        return listeners.get(0).getLocalPort();
    }

    int httpsPort() {
        if (options.httpsPort.isEmpty() || listeners.isEmpty()) {
            throw new IllegalStateException("the proxy has no HTTPS port");
        }
        return listeners.get(1).getLocalPort();
    }

    /** Starts what deployments need, threads and the client, unless that was done or the proxy is stopped. */
    private synchronized void startWorking() {
        if (!worked) {
            worked = true;
            try {
                foundation.start();
                client.start();
                engine.restore();
            } catch (Exception e) {
                throw new IllegalStateException("the proxy's threads could not be started", e);
            }
        }
    }

    private synchronized void neverStartWorking() {
        worked = true;
    }

    void start() {
        startWorking();
        try {
            if (options.http3) {
                Http3Artifacts.check();
            }
            if (options.bufferDirectory.isPresent()) {
                bodyBuffers.prepareDirectory();
            }
            if (options.httpsPort.isPresent()) {
                tls.start();
            }
            if (options.http3) {
                addHttp3(listeners.get(1));
            }
            if (server != null) {
                server.start();
            }
        } catch (Exception e) {
            engine.stop();
            stopAll();
            throw new ProxyStartException(reason(e), e);
        }
        if (http3 != null) {
            handler.announce(
                    new HttpField(HttpHeader.ALT_SVC, "h3=\":" + http3.port() + "\"; ma=" + ALTERNATIVE_SECONDS));
        }
        running = true;
        handoffs.start();
        tls.listens();
        repeat(engine::checkExpiry, ProxyEngine.EXPIRY_PRECISION);
        repeat(connections::closeIdle, IDLE_SWEEP);
        repeat(paceWatch::check, PACE_PRECISION);
        repeat(this::checkCertificates, CERTIFICATE_CHECK);
        long headNanos = options.clientHeadTimeout.toNanos();
        repeat(() -> listeners.forEach(listener -> listener.closeSlowHeads(headNanos)), HEAD_PRECISION);
        if (http3 != null) {
            Http3Listener listener = http3;
            repeat(() -> listener.endSlowHandshakes(options.clientHeadTimeout), HEAD_PRECISION);
            repeat(listener::askWhoHasLeft, DEPARTURE_PRECISION);
        }
    }

    private void checkCertificates() {
        if (checkingCertificates.compareAndSet(false, true)) {
            fileThreads.execute(() -> {
                try {
                    tls.checkFiles();
                } finally {
                    checkingCertificates.set(false);
                }
            });
        }
    }

    private void addHttp3(LaneServerConnector https) throws IOException {
        Http3Listener listener = Objects.requireNonNull(factory).http3(tls);
        http3 = listener;
        listener.openBeside(https);
        handler.takeFrom(listener);
        https.getServer().addConnector(listener.connector());
    }

    private void repeat(Runnable task, Duration interval) {
        scheduler.schedule(
                () -> {
                    if (running) {
                        task.run();
                        repeat(task, interval);
                    }
                },
                interval);
    }

    /** Whether it starts and stops with a server of the host's. */
    boolean isPartOfServer() {
        return options.server.isPresent();
    }

    /** Whether requests are served. */
    boolean isRunning() {
        return running;
    }

    ForwardingHandler handler() {
        return handler;
    }

    /** Begins to stop: nothing new is accepted. {@return completes when no request is under way} */
    CompletableFuture<Void> shutdown() {
        if (ending.compareAndSet(false, true)) {
            neverStartWorking();
            engine.stop();
            handoffs.stop();
            handler.announce(null);
            listeners.forEach(LaneServerConnector::shutdown);
            if (http3 != null) {
                http3.shutdown();
            }
            engine.announceEnd(options.shutdownGrace);
        }
        return handler.shutdown();
    }

    void stop() {
        InterruptedException interruption = null;
        try {
            shutdown().get(options.shutdownGrace.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // What is still in flight is ended with its connection below.
        } catch (InterruptedException e) {
            interruption = e;
        } finally {
            running = false;
            stopAll();
        }
        if (interruption != null) {
            Thread.currentThread().interrupt();
            throw new WaitInterruptedException("requests in flight to finish", interruption);
        }
    }

    private void stopAll() {
        boolean interrupted = Thread.interrupted(); // Jetty would give up half-way.
        try {
            stopParts();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void stopParts() {
        tls.stop();
        automatic.stop();
        try {
            if (http3 != null) {
                http3.disconnectAll(); // While there are timers, which a server's connectors take with them.
            }
            if (server != null) {
                server.stop();
            }
            for (LaneServerConnector listener : listeners) {
                listener.stop(); // Of a server of the host's, which may go on.
            }
            if (http3 != null) {
                http3.stop();
            }
            client.stop();
            handler.breakOff();
            handoffs.abandonAll();
            inProcess.stop();
            foundation.stop();
            bodyBuffers.close();
            fileThreads.shutdown();
            fileThreads.awaitTermination(LAST_WORK_SECONDS, TimeUnit.SECONDS);
            workers.shutdown();
            workers.awaitTermination(LAST_WORK_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("the proxy could not be stopped in order", e);
        }
    }

    private static Thread worker(Runnable task) {
        return daemon(task, "gapless-worker");
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                String what = failure.getMessage() == null ? "address" : failure.getMessage();
                return what.replace("Failed to bind to ", "address ") + ": " + cause.getMessage();
            }
        }
        return "the proxy could not be started: " + failure.getMessage();
    }
}
