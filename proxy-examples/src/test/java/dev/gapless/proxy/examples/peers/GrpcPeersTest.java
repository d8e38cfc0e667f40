package dev.gapless.proxy.examples.peers;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/**
 * The client and the server of {@code @grpc/grpc-js}: calls of each kind, metadata, errors, deadlines and cancellations, and
 * streams that either end resets.
 */
class GrpcPeersTest extends PeersScaffold {
    @Test
    void grpcPeersSeeThroughTheProxyWhatTheySeeWithoutIt() throws Exception {
        PeerScript.assumeModule("@grpc/grpc-js");

        playSame(
                "grpc.mjs",
                EnumSet.of(Route.Protocol.H2C, Route.Protocol.H2),
                certificate.chain().toString(),
                certificate.key().toString());
    }
}
