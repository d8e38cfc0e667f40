package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import java.io.IOException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What tests of the bodies of responses begin with: a proxy of whose temporary files none may be left. */
abstract class ResponseScaffold extends BodyTest {
    /** What each body has in memory, and what automatic buffering buffers at most. */
    static final int MEMORY = 64 * KIB;

    @AfterEach
    final void noTemporaryFileIsOpen() {
        await("the end of all temporary files", () -> spills().count() == 0);
    }

    static BodyOptions.Builder responses(Buffering buffering) {
        return BodyOptions.builder().responseBuffering(buffering).bufferMemory(MEMORY);
    }

    static BodyOptions.Builder full() {
        return responses(Buffering.FULL);
    }

    /** Starts another proxy instead, for a test that needs it different. */
    final void restart(UnaryOperator<ProxyServer.Builder> changes) {
        proxy.stop();
        proxy = changes.apply(configure(builder())).build().start();
    }

    final Http2Client http2() throws Exception {
        return Http2Client.to(proxy.port());
    }

    /** A client whose system takes in next to nothing that it has not read. */
    final RawClient slowClient() throws IOException {
        return new RawClient(proxy.port(), 4096);
    }

    /** What a client of HTTP/1.1 gets on a connection that ends then. */
    final String answerTo(String request) throws IOException {
        try (RawClient client = client()) {
            client.send(request.replace("Host: a\r\n", "Host: a\r\nConnection: close\r\n"));
            return client.readToEndOrReset();
        }
    }

    /** Waits until the proxy has so many bytes of bodies in files, which shows how much of them it has read. */
    final void awaitSpilled(long bytes) {
        assumeTrue(SpillFiles.areShown(), "the system shows open files");
        await(bytes + " bytes in files", () -> spills().bytes() == bytes);
    }

    /**
     * Nothing of a response is with the client before it is whole: else it could not get an error instead when the target
     * breaks off.
     */
    final void assertBuffered(BodyOptions.Builder options, RawTarget breaking) throws Exception {
        deploy(options, breaking);
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
        assertThat(breaking.heads()).hasSize(1);
    }

    /** The client gets what has come of a response while the target waits with the rest. */
    final void assertStreamed(BodyOptions.Builder options, String head, String... parts) throws Exception {
        PausingTarget target = deploy(options, PausingTarget.of(withFirst(head, parts)));
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 200 ");
            for (String part : parts) {
                target.goOn();
                assertThat(new String(client.in().readNBytes(part.length()), ISO_8859_1))
                        .isEqualTo(part);
            }
        }
    }

    private static String[] withFirst(String first, String[] rest) {
        String[] all = new String[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }
}
