package dev.gapless.proxy.jetty;

class FilteredServletBehavioursTest extends Behaviours {
    FilteredServletBehavioursTest() {
        super(Front.FILTERED_SERVLET, Back.TCP);
    }
}
