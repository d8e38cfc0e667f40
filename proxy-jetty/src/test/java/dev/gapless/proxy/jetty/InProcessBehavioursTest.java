package dev.gapless.proxy.jetty;

class InProcessBehavioursTest extends Behaviours {
    InProcessBehavioursTest() {
        super(Front.OWN_PORT, Back.IN_PROCESS);
    }
}
