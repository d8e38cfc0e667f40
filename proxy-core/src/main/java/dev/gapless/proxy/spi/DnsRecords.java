package dev.gapless.proxy.spi;

import java.util.concurrent.CompletionStage;

/**
 * Changes the TXT records of a zone, to prove by DNS-01 (RFC 8555, section 8.4) that one controls its hosts: usually by the
 * interface of whoever runs the zone. Implementations are thread-safe and do not block.
 */
public interface DnsRecords {
    /**
     * Adds a TXT record beside those that the name may have already: a host and its wildcard are proved by two records of one
     * name.
     *
     * @param name the name without a dot at its end, {@code _acme-challenge.example.com} for example
     * @param value the text of the record
     * @return completes when the authoritative servers answer with it; after five minutes it is given up
     */
    CompletionStage<?> add(String name, String value);

    /**
     * Removes a record again, whether or not it was added with success. What fails here is logged and changes nothing.
     *
     * @param name the name
     * @param value the text of the record
     * @return completes when it is removed
     */
    CompletionStage<?> remove(String name, String value);
}
