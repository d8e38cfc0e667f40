package dev.gapless.proxy;

import java.nio.file.Path;

/**
 * That clients show who they are by a certificate (mutual TLS), and what targets are told of it. Immutable.
 *
 * <pre>{@code
 * ClientCertificates.required(Path.of("/etc/shop/clients-ca.pem"))
 * }</pre>
 *
 * <p>A client is asked in the handshake, by the name that it gives there (SNI). Where certificates are required, a handshake
 * without one fails, and a request that comes over a connection whose handshake was for another host, and so was not asked in
 * this way, gets 421 (RFC 9110, section 15.5.20): its client makes a connection of its own then.
 *
 * <p>A client without TLS cannot be asked. Where certificates are required it is redirected to {@code https}, whatever it says of
 * proxies before it, and {@link ServiceOptions.Builder#redirectToHttps redirectToHttps(false)} is an error; where they are optional
 * it is served as one that shows none.
 *
 * @param authority a PEM file with the certificates of those whose signature is trusted, read with each deployment
 * @param demand whether a client may do without
 * @param subjectHeader the header field by which targets are told the subject of a verified certificate, in the form of RFC
 *     2253, everything that is not printable ASCII as {@code \} and two hexadecimal digits for each byte of UTF-8. It is removed
 *     from every request that a client sends, with a certificate or without
 */
public record ClientCertificates(Path authority, Demand demand, String subjectHeader) {
    /** The name of the header field unless told otherwise. */
    public static final String DEFAULT_SUBJECT_HEADER = "X-Client-Certificate-Subject";

    /** Whether a client may do without a certificate. */
    public enum Demand {
        /** A handshake without a certificate fails. */
        REQUIRED,
        /** A client without one is served, and its targets are told nothing. One that cannot be trusted fails the handshake. */
        OPTIONAL
    }

    /**
     * Makes the path absolute.
     *
     * @param authority a PEM file with the certificates of those whose signature is trusted
     * @param demand whether a client may do without
     * @param subjectHeader the header field by which targets are told the subject
     * @throws IllegalArgumentException if the header field is not a token (RFC 9110, section 5.6.2)
     */
    public ClientCertificates {
        authority = authority.toAbsolutePath();
        subjectHeader = Checks.token("client certificate subject header", subjectHeader);
    }

    /**
     * {@return that every client shows a certificate; targets are told its subject in {@value #DEFAULT_SUBJECT_HEADER}}
     *
     * @param authority a PEM file with the certificates of those whose signature is trusted
     */
    public static ClientCertificates required(Path authority) {
        return new ClientCertificates(authority, Demand.REQUIRED, DEFAULT_SUBJECT_HEADER);
    }

    /**
     * {@return that clients may show a certificate; targets are told its subject in {@value #DEFAULT_SUBJECT_HEADER}}
     *
     * @param authority a PEM file with the certificates of those whose signature is trusted
     */
    public static ClientCertificates optional(Path authority) {
        return new ClientCertificates(authority, Demand.OPTIONAL, DEFAULT_SUBJECT_HEADER);
    }

    /**
     * {@return the same, told to targets in another header field}
     *
     * @param name the name of the field
     * @throws IllegalArgumentException if it is not a token (RFC 9110, section 5.6.2)
     */
    public ClientCertificates withSubjectHeader(String name) {
        return new ClientCertificates(authority, demand, name);
    }

    /** {@return whether a client without a certificate is refused} */
    public boolean areRequired() {
        return demand == Demand.REQUIRED;
    }
}
