package dev.gapless.proxy;

import java.time.Duration;

/**
 * A request that is sent again, to another target or over a new connection, as no response to it has begun.
 *
 * @param requestId its {@code X-Request-ID}
 * @param service the service it was routed to
 * @param slot which of the service's deployments the target that failed belongs to
 * @param method the method
 * @param path the path as the client sent it
 * @param target the target that failed
 * @param failure what went wrong there, for people
 * @param number which of the request's retries it is, from 1
 * @param elapsed from the request's head to the failure
 */
public record RequestRetry(
        String requestId,
        String service,
        Slot slot,
        String method,
        String path,
        TargetAddress target,
        String failure,
        int number,
        Duration elapsed) {}
