package dev.gapless.proxy.examples.peers;

import org.junit.jupiter.api.Test;

/**
 * The client and the server of Node's {@code ws} package: messages, fragments, compression, closes and departures, and frames
 * that neither may send. Over HTTP/2 the client's upgrade goes by extended CONNECT.
 */
class WebSocketPeersTest extends PeersScaffold {
    @Test
    void webSocketPeersSeeThroughTheProxyWhatTheySeeWithoutIt() throws Exception {
        PeerScript.assumeModule("ws");

        playSame("websocket.mjs", allProtocols(), placeAndCertificate());
    }
}
