package dev.gapless.proxy.jetty;

class HandlerBehavioursTest extends Behaviours {
    HandlerBehavioursTest() {
        super(Front.HANDLER, Back.TCP);
    }
}
