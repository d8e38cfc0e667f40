package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Tag;

@Tag("proof")
class FilteredServletBehavioursTest extends Behaviours {
    FilteredServletBehavioursTest() {
        super(Front.FILTERED_SERVLET, Back.TCP);
    }
}
