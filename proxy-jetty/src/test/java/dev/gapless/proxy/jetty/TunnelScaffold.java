package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.junit.jupiter.api.AfterEach;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What tests of tunnels begin with: a proxy that is reached over each protocol, a target of WebSockets, and their clients. After
 * each test nothing may be left of the tunnels once their clients and their target have gone: no lease, no buffer.
 */
abstract class TunnelScaffold extends ProxyScaffold {
    private final Certificates certificate = Certificates.shared();

    final RequestLog log = new RequestLog();
    private final List<AutoCloseable> clients = new ArrayList<>();
    TunnelTarget target;

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
        if (proxy != null) {
            eventually("all leases are released", () -> {
                closeEnds(); // There may be more of them now, as a client hears of its tunnel first.
                return requestsInFlight() == 0;
            });
            ArrayByteBufferPool buffers =
                    (ArrayByteBufferPool) proxy.assembly.client().getByteBufferPool();
            eventually(
                    "all buffers are given back",
                    () -> buffers.getDirectByteBufferCount() == buffers.getAvailableDirectByteBufferCount()
                            && buffers.getHeapByteBufferCount() == buffers.getAvailableHeapByteBufferCount());
        }
    }

    private void closeEnds() {
        try {
            if (target != null) {
                target.closeEnds();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closed before anything is looked at. */
    <T extends AutoCloseable> T leaving(T client) {
        clients.add(client);
        return client;
    }

    static ServiceOptions.Builder overEachWire() {
        return ServiceOptions.builder().tls(true).redirectToHttps(false);
    }

    ProxyServer.Builder listening() {
        return loopback()
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .listener(log);
    }

    /** Serves WebSockets whose target's ends are in the test's hands. */
    void serveWebSockets() throws Exception {
        serveWebSockets(overEachWire());
    }

    void serveWebSockets(ServiceOptions.Builder options) throws Exception {
        serve(TunnelTarget.ofWebSockets(), options);
    }

    TunnelTarget serve(TunnelTarget served, ServiceOptions.Builder options) {
        proxy = proxy == null ? start(listening()) : proxy;
        target = closing(served);
        deploy("app", options.build(), served.target());
        return served;
    }

    @Override
    RawClient client() throws Exception {
        return leaving(RawClient.to(proxy.port()));
    }

    @Override
    Http2Client http2() throws Exception {
        return leaving(Http2Client.to(proxy.port()));
    }

    TunnelClient.OfConnection connection(Wire wire) throws Exception {
        return leaving(
                wire == Wire.TLS
                        ? TunnelClient.OfConnection.toTls(proxy.httpsPort(), certificate.trusting())
                        : TunnelClient.OfConnection.to(proxy.port()));
    }

    /** Opens a WebSocket; its target's end is the {@linkplain TunnelTarget#next next}. */
    TunnelClient open(Wire wire) throws Exception {
        if (wire == Wire.HTTP2) {
            Http2Client http2 = http2();
            Http2Client.Sent stream = http2.connect("websocket", "/ws", "sec-websocket-version", "13");
            assertThat(stream.nextStatus()).isEqualTo(200);
            return new TunnelClient.OfStream(http2, stream);
        }
        TunnelClient.OfConnection client = connection(wire);
        client.send(RawClient.head("GET", "/ws", WebSockets.asked()));
        assertThat(client.client().readHead().status()).isEqualTo(101);
        return client;
    }

    /** Opens a tunnel for another protocol than WebSocket. */
    TunnelClient.OfConnection openOther(Wire wire) throws Exception {
        TunnelClient.OfConnection client = connection(wire);
        client.send(RawClient.head("GET", "/other", "Connection: Upgrade", "Upgrade: other"));
        assertThat(client.client().readHead().status()).isEqualTo(101);
        return client;
    }
}
