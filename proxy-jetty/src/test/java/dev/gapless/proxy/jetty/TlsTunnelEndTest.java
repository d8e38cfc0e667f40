package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** How tunnels to targets within TLS end, where the end of what one side says is not that of its connection. */
class TlsTunnelEndTest extends TargetScaffold {
    private final BlockingQueue<End> opened = new LinkedBlockingQueue<>();

    /** Nobody listens to a connection any more whose end has come: who writes to it finds out. */
    @Test
    void aTargetThatResetsAfterItHasSaidAllIsGoneForItsClient() throws Exception {
        RawClient client = open();
        End end = opened.poll(20, TimeUnit.SECONDS);
        end.tls.shutdownOutput();
        assertThat(client.readToEnd()).isEmpty();

        end.reset();

        eventually("the lease is released", () -> saysInVain(client) || requestsInFlight() == 0);
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    private RawClient open() throws Exception {
        Certificates certificate = Certificates.shared();
        SSLContext context = serving(certificate);
        ReservedPort port = closing(new ReservedPort());
        port.listen(10, socket -> new Thread(() -> answer(context, socket)).start());
        TargetTls trusting =
                TargetTls.builder().certificateAuthority(certificate.chain()).build();
        deploy(ServiceOptions.builder().targetTls(trusting).build(), "https://" + port.address());
        RawClient client = client().send(RawClient.head("GET", "/", "Connection: Upgrade", "Upgrade: other"));
        assertThat(client.readHead().status()).isEqualTo(101);
        return client;
    }

    private static SSLContext serving(Certificates certificate) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(certificate.store(), "password".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    private void answer(SSLContext context, Socket socket) {
        try {
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
            RawMessage request = RawMessage.readHead(tls.getInputStream());
            boolean probe = request == null || request.requestTarget().equals("/up");
            String head = probe
                    ? "200 OK\r\nContent-Length: 0"
                    : "101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other";
            tls.getOutputStream().write(("HTTP/1.1 " + head + "\r\n\r\n").getBytes(ISO_8859_1));
            if (!probe) {
                opened.add(new End(socket, tls));
            }
        } catch (IOException e) {
            // The proxy has closed it.
        }
    }

    private static boolean saysInVain(RawClient client) {
        try {
            client.send("x");
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** The target's end of the tunnel. */
    private record End(Socket socket, SSLSocket tls) {
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
