package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Tag;

@Tag("proof")
class ServerBehavioursTest extends Behaviours {
    ServerBehavioursTest() {
        super(Front.SERVER, Back.TCP);
    }
}
