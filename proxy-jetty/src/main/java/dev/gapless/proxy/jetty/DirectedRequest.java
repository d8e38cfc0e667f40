package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Direction;
import dev.gapless.proxy.engine.Service;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** A request that does not only go by what its client has sent. */
abstract class DirectedRequest extends Request.Wrapper {
    DirectedRequest(Request request) {
        super(request);
    }

    /** {@return which service gets it, or null if it goes by host and path} */
    abstract @Nullable Direction direction();

    /** {@return what is to be settled before it is decided on} */
    abstract Preliminary first();

    /** {@return what is to be settled before it is forwarded to a service, the first time this is asked, or null} */
    @Nullable
    Preliminary beforeForwarding(Service service) {
        return null;
    }

    /** Whether something is to be settled before it is forwarded. */
    boolean isToBeSettled() {
        return false;
    }

    /** Whether its body does not come from its client. */
    boolean hasBodyOfHost() {
        return false;
    }

    /** Its exchange is over. */
    void ended() {}
}
