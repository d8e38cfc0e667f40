package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What tests of the bodies of responses begin with: a proxy of whose temporary files none may be left. */
abstract class ResponseScaffold extends FaultTest {
    static final int KIB = 1 << 10;
    static final int MIB = 1 << 20;

    /** What each body has in memory, and what automatic buffering buffers at most. */
    static final int MEMORY = 64 * KIB;

    /** More than the systems of the proxy and of a client that reads nothing take in. */
    static final int LARGE = 16 * MIB;

    static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path temporary;

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.bufferDirectory(directory());
    }

    final Path directory() {
        return temporary.resolve("buffers");
    }

    final SpillFiles spills() {
        return new SpillFiles(directory());
    }

    @AfterEach
    final void noTemporaryFileIsOpen() {
        await("the end of all temporary files", () -> spills().count() == 0);
    }

    @Override
    protected void afterStop() {
        assertNoFileIsLeft();
    }

    final void assertNoFileIsLeft() {
        assertThat(spills().count()).isZero();
        assertThat(directory()).isEmptyDirectory();
    }

    static ServiceOptions options(BodyOptions.Builder bodies) {
        return ServiceOptions.builder().bodies(bodies.build()).build();
    }

    /** Deploys the targets as the only service, which replaces what was deployed before. */
    @SafeVarargs
    final <T extends RawTarget> T deploy(BodyOptions.Builder bodies, T... targets) {
        proxy.services().deploy(deployment(LONG, options(bodies), targets));
        return targets[0];
    }

    static void assertIdentical(byte[] got, byte[] sent) {
        assertThat(got).hasSameSizeAs(sent);
        assertThat(Arrays.mismatch(got, sent)).as("first byte that differs").isEqualTo(-1);
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
        ProxyServer.Builder builder = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .shutdownGrace(Duration.ZERO)
                .listener(new ProxyListener() {
                    @Override
                    public void onRequest(RequestSummary request) {
                        ended.add(request);
                    }
                });
        proxy = changes.apply(configure(builder)).build().start();
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
