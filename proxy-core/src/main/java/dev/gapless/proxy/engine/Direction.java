package dev.gapless.proxy.engine;

import dev.gapless.proxy.TargetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The host's word on which service a request is for, in place of its host and path.
 *
 * @param service the name of the service
 * @param target the only target of the service that may get it; null for whichever
 * @param by whose word it is
 */
public record Direction(String service, @Nullable TargetAddress target, By by) {
    /** Whose word it is, on which depends what the request is still held to. */
    public enum By {
        /** A filter's, on a request to the proxy: TLS and redirects are those of the host that it came for. */
        FILTER,
        /** An application's, which has let the request in by itself: only pauses and stops of the service count. */
        HANDOFF
    }
}
