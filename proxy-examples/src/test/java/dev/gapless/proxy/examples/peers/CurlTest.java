package dev.gapless.proxy.examples.peers;

import org.junit.jupiter.api.Test;

/** The client curl, and targets of Node that speak each protocol: bodies, trailers, early hints, rare paths, events. */
class CurlTest extends PeersScaffold {
    @Test
    void curlSeesThroughTheProxyWhatItSeesWithoutIt() throws Exception {
        PeerScript.assumeProgram("curl");

        playSame("curl.mjs", allProtocols(), placeAndCertificate());
    }
}
