package dev.gapless.proxy;

import org.jspecify.annotations.Nullable;

/**
 * The head of a response that its client has not got yet, and that can still be changed. Framing is the proxy's own: {@code
 * Content-Length}, {@code Transfer-Encoding}, {@code Connection} and the like cannot be changed, nor can a status that goes
 * with a body be changed into one that goes without, or the other way round, nor that of a response which opens a tunnel.
 *
 * <p>Valid as long as the code that is given it has not returned, or completed what it has returned. Not thread-safe.
 */
public interface PendingResponse {
    /** {@return the status code} */
    int status();

    /**
     * Sets the status code.
     *
     * @param code from 200 to 599; with a body if the present one has one, which 204 and 304 have not
     * @throws IllegalArgumentException if it is another
     */
    void status(int code);

    /**
     * {@return the value of a header field, or null if there is none} The values of several fields of the name are joined as
     * RFC 9110 (section 5.2) says, which {@code Set-Cookie} is not meant for.
     *
     * @param name the name of the field, in any case
     */
    @Nullable
    String header(String name);

    /**
     * Replaces the fields of a name by one, or adds it.
     *
     * @param name the name of the field, in any case
     * @param value its value
     * @throws IllegalArgumentException if the name or value cannot be; see {@link HeaderRules.Rule}
     */
    void setHeader(String name, String value);

    /**
     * Adds a field to those of a name.
     *
     * @param name the name of the field, in any case
     * @param value its value
     * @throws IllegalArgumentException if the name or value cannot be; see {@link HeaderRules.Rule}
     */
    void addHeader(String name, String value);

    /**
     * Removes the fields of a name.
     *
     * @param name the name of the fields, in any case
     * @throws IllegalArgumentException if the name cannot be; see {@link HeaderRules.Rule}
     */
    void removeHeader(String name);
}
