package dev.gapless.proxy.jetty;

class OwnPortBehavioursTest extends Behaviours {
    OwnPortBehavioursTest() {
        super(Front.OWN_PORT, Back.TCP);
    }
}
