package dev.gapless.proxy.engine;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.RequestHead;
import java.util.Optional;

/** A request whose connection is known. */
public interface SecuredRequest extends RequestHead {
    /** {@return which certificate its client was asked for in the handshake of its connection, if it was asked for one} */
    Optional<ClientCertificates> askedFor();

    /** {@return whether its TLS, if it has any, is that of the host application, so that its services need not serve any} */
    default boolean hasTlsOfHost() {
        return false;
    }
}
