package dev.gapless.proxy;

import java.net.URI;

/**
 * What an ACME server said was wrong: its problem document (RFC 7807; RFC 8555, section 6.7).
 *
 * @param type which kind of error, {@code urn:ietf:params:acme:error:rateLimited} for example
 * @param detail what the server says about it, for people; empty if nothing
 * @param document the whole document as JSON, with its subproblems
 */
public record AcmeProblem(URI type, String detail, String document) {}
