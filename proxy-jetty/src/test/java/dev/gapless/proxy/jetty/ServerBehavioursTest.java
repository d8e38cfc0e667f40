package dev.gapless.proxy.jetty;

class ServerBehavioursTest extends Behaviours {
    ServerBehavioursTest() {
        super(Front.SERVER, Back.TCP);
    }
}
