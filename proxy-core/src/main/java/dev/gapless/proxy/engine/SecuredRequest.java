package dev.gapless.proxy.engine;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.RequestHead;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request whose connection is known. */
public interface SecuredRequest extends RequestHead {
    /** {@return which certificate its client was asked for in the handshake of its connection, if it was asked for one} */
    Optional<ClientCertificates> askedFor();

    /** {@return whether its TLS, if it has any, is that of the host application, so that its services need not serve any} */
    default boolean hasTlsOfHost() {
        return false;
    }

    /** {@return which service the host wants to have it, or null if it goes by host and path, as most do} */
    default @Nullable Direction direction() {
        return null;
    }
}
