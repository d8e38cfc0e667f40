package dev.gapless.proxy;

import java.time.Duration;

/**
 * What became of a request that an application has handed off, and whose client has got a whole response.
 *
 * @param status the status of the response, the proxy's own if no target has given one: 502, 503 or 504, say
 * @param duration from the handoff to the end of the response, or of the tunnel that it opened
 */
public record HandoffResult(int status, Duration duration) {}
