package dev.gapless.proxy.jetty;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProxyConfiguration;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.util.thread.ThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy takes over of a client of the host's, beyond what its builder has names for: how sockets are opened, how names
 * become addresses, whom TLS trusts, and what all that runs on.
 */
final class ClientSettings {
    /** What a client has if nobody says otherwise; the proxy's own are of another size for a reason. */
    private static final int DEFAULT_RESPONSE_BUFFER_BYTES = 16 * 1024;

    private final Sockets sockets;
    private final Optional<SocketAddressResolver> resolver;
    private final long addressResolutionMillis;
    private final int mostWaiting;
    private final int requestBufferBytes;
    private final int responseBufferBytes;
    private final Optional<Scheduler> scheduler;
    private final Optional<ByteBufferPool> buffers;
    private final Optional<SslContextFactory.Client> ssl;

    private ClientSettings(HttpClient client) {
        sockets = Sockets.of(client.getClientConnector());
        resolver = Optional.ofNullable(client.getSocketAddressResolver())
                .filter(given -> given.getClass() != SocketAddressResolver.Async.class);
        addressResolutionMillis = client.getAddressResolutionTimeout();
        mostWaiting = client.getMaxRequestsQueuedPerDestination();
        requestBufferBytes = client.getRequestBufferSize();
        responseBufferBytes = client.getResponseBufferSize();
        scheduler = Optional.ofNullable(client.getScheduler());
        buffers = Optional.ofNullable(client.getByteBufferPool());
        ssl = Optional.ofNullable(client.getSslContextFactory());
    }

    /**
     * {@return the settings of a client}
     *
     * @throws IllegalArgumentException if it has one that the proxy cannot follow
     */
    static ClientSettings of(HttpClient client) {
        checkTransport(client);
        checkProxies(client.getProxyConfiguration());
        checkExecutor(client.getExecutor());
        checkSsl(client.getSslContextFactory());
        check(
                client.getHttpCompliance().equals(HttpCompliance.RFC9110),
                "HTTP compliance",
                client.getHttpCompliance().getName(),
                "RFC9110, as what the proxy passes on must have one reading");
        check(
                !client.isConnectBlocking(),
                "connectBlocking",
                true,
                "false, as no request waits for the connection of another");
        SocketAddress from = client.getBindAddress();
        check(
                from == null || from instanceof InetSocketAddress,
                "bind address",
                from,
                "an address of the internet protocol");
        return new ClientSettings(client);
    }

    private static void checkTransport(HttpClient client) {
        Class<?> transport = client.getHttpClientTransport().getClass();
        check(
                transport == HttpClientTransportOverHTTP.class,
                "transport",
                transport.getName(),
                "Jetty's HttpClientTransportOverHTTP, as the addresses of targets say what they speak");
        Class<?> connector = client.getClientConnector().getClass();
        check(
                connector == ClientConnector.class,
                "connector",
                connector.getName(),
                "Jetty's ClientConnector itself, as the proxy opens its connections with one of its own");
    }

    private static void checkProxies(ProxyConfiguration proxies) {
        check(
                proxies.getProxies().isEmpty(),
                "proxy configuration",
                proxies.getProxies(),
                "none, as targets are reached without another proxy");
    }

    private static void checkExecutor(@Nullable Executor executor) {
        check(
                executor == null || executor instanceof ThreadPool,
                "executor",
                executor,
                "a ThreadPool of Jetty's, in which some threads are the proxy's for all of its life");
    }

    private static void checkSsl(SslContextFactory.@Nullable Client ssl) {
        if (ssl != null) {
            check(!ssl.isTrustAll(), "TLS", "trustAll", "a trust, as the certificates of targets are always verified");
            check(
                    ssl.getEndpointIdentificationAlgorithm() != null,
                    "TLS",
                    "without endpoint identification",
                    "HTTPS, as the names of targets are always verified");
        }
    }

    private static void check(boolean holds, String setting, @Nullable Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "the HTTP client's " + setting + " is " + value + "; expected " + expected);
        }
    }

    Optional<Scheduler> scheduler() {
        return scheduler;
    }

    Optional<ByteBufferPool> buffers() {
        return buffers;
    }

    /** {@return how TLS is spoken with targets whose deployments say nothing of it} */
    Optional<SslContextFactory.Client> ssl() {
        return ssl;
    }

    /** {@return what makes addresses of names, if it is not what Jetty's client has by itself} */
    Optional<SocketAddressResolver> resolver() {
        return resolver;
    }

    void configure(Lanes lanes) {
        lanes.connectFrom(sockets.source());
        lanes.setTCPNoDelay(sockets.noDelay());
        lanes.setReuseAddress(sockets.reusesAddress());
        lanes.setReusePort(sockets.reusesPort());
        lanes.setReceiveBufferSize(sockets.receiveBytes());
        lanes.setSendBufferSize(sockets.sendBytes());
    }

    /**
     * Sets up the client of the proxy's.
     *
     * @param pools in how many each of its limits is divided
     */
    void configure(HttpClient own, int pools) {
        own.setAddressResolutionTimeout(addressResolutionMillis);
        own.setMaxRequestsQueuedPerDestination(Math.max(1, mostWaiting / pools));
        own.setRequestBufferSize(requestBufferBytes);
        if (responseBufferBytes != DEFAULT_RESPONSE_BUFFER_BYTES) {
            own.setResponseBufferSize(responseBufferBytes);
        }
    }

    /** How sockets are opened. */
    private record Sockets(
            @Nullable InetSocketAddress source,
            boolean noDelay,
            boolean reusesAddress,
            boolean reusesPort,
            int receiveBytes,
            int sendBytes) {
        static Sockets of(ClientConnector connector) {
            return new Sockets(
                    (InetSocketAddress) connector.getBindAddress(),
                    connector.isTCPNoDelay(),
                    connector.getReuseAddress(),
                    connector.isReusePort(),
                    connector.getReceiveBufferSize(),
                    connector.getSendBufferSize());
        }
    }
}
