package dev.gapless.proxy.jetty;

class ServletBehavioursTest extends Behaviours {
    ServletBehavioursTest() {
        super(Front.SERVLET, Back.TCP);
    }
}
