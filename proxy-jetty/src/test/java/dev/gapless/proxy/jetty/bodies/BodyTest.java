package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawTarget;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** A proxy with a directory of its own for temporary files, of which none may be left. */
abstract class BodyTest extends FaultTest {
    static final int KIB = 1024;
    static final int MIB = 1024 * KIB;

    /** More than the systems of the proxy and of a peer that reads nothing take in. */
    static final int LARGE = 8 * MIB;

    static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path temporary;

    final Path directory() {
        return temporary.resolve("buffers");
    }

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.bufferDirectory(directory());
    }

    /** The temporary files of the proxy. */
    final SpillFiles spills() {
        return new SpillFiles(directory());
    }

    @Override
    protected void afterStop() {
        assertNoFileIsLeft();
    }

    final void assertNoFileIsLeft() {
        assertThat(spills().count()).isZero();
        assertThat(directory()).isEmptyDirectory();
    }

    static BodyOptions.Builder requests(Buffering buffering) {
        return BodyOptions.builder().requestBuffering(buffering);
    }

    /** Full buffering of requests, in files alone. */
    static BodyOptions.Builder spilling() {
        return requests(Buffering.FULL).bufferMemory(0);
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

    @SafeVarargs
    final <T extends RawTarget> T deploy(ServiceOptions options, T... targets) {
        proxy.services().deploy(deployment(LONG, options, targets));
        return targets[0];
    }

    final Uploader upload(Framing framing, String method, long length, String... fields) throws Exception {
        return Uploader.begin(framing, proxy.port(), method, "/x", length, fields);
    }

    final int held() {
        return proxy.services().list().get(0).requestsHeld();
    }

    /** Bytes that no two tests with different lengths share. */
    static byte[] random(int length) {
        long from = (long) length << Integer.SIZE; // Others for each length.
        return Pattern.bytes(from, from + length);
    }

    static void assertIdentical(byte[] got, byte[] sent) {
        assertThat(got).hasSameSizeAs(sent);
        assertThat(Arrays.mismatch(got, sent)).as("first byte that differs").isEqualTo(-1);
    }
}
