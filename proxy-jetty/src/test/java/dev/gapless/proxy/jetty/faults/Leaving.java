package dev.gapless.proxy.jetty.faults;

import java.io.IOException;

/** How a client ends its connection. */
public enum Leaving {
    IN_ORDER,
    HALF,
    WITH_A_RESET;

    public void leave(RawClient client) throws IOException {
        switch (this) {
            case IN_ORDER -> client.close();
            case HALF -> client.finishSending();
            case WITH_A_RESET -> client.reset();
        }
    }
}
