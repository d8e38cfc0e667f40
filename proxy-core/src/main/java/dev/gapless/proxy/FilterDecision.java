package dev.gapless.proxy;

import org.jspecify.annotations.Nullable;

/** What a {@linkplain dev.gapless.proxy.spi.RequestFilter filter} makes of a request. Immutable. */
public sealed interface FilterDecision {
    /** {@return that the request goes on as it is} */
    static PassOn passOn() {
        return PassOn.UNCHANGED;
    }

    /**
     * {@return that the request is not served, but answered with an error page, in the form that its client prefers}
     *
     * @param status from 400 to 599; 503 comes with {@code Retry-After}
     * @param text the reason, for people
     * @throws IllegalArgumentException if the status is another
     */
    static FilterDecision refuse(int status, String text) {
        return new Refuse(status, text);
    }

    /**
     * {@return that the filter answers}
     *
     * @param status from 200 to 599
     * @param headers what the header says, besides {@code Content-Length}
     * @param body not copied, and not to be changed any more; empty for 204 and 304
     * @throws IllegalArgumentException if the status is another, or has no body
     */
    static FilterDecision answer(int status, HeaderRules headers, byte[] body) {
        return new Answer(status, headers, body);
    }

    /**
     * The request goes on, maybe changed, or elsewhere.
     *
     * @param headers changes to the header, after which what the proxy itself tells targets of the client is decided on
     * @param service the service in place of the one that host and path lead to; null for that
     * @param target the only target of the service that may get it; null for whichever
     */
    record PassOn(
            HeaderRules headers,
            @Nullable String service,
            @Nullable TargetAddress target) implements FilterDecision {
        private static final PassOn UNCHANGED = new PassOn(HeaderRules.none(), null, null);

        /**
         * Checks that a target comes with its service.
         *
         * @param headers changes to the header
         * @param service the service in place of the one that host and path lead to; null for that
         * @param target the only target of the service that may get it; null for whichever
         * @throws IllegalArgumentException if there is a target, but no service
         */
        public PassOn {
            if (target != null && service == null) {
                throw new IllegalArgumentException("target " + target + " is of no service; expected its service, too");
            }
        }

        /**
         * {@return this with changes to the header}
         *
         * @param changes in place of those so far
         */
        public PassOn withHeaders(HeaderRules changes) {
            return new PassOn(changes, service, target);
        }

        /**
         * {@return this with a service of the filter's choice} Its pauses and stops count, and the rules for TLS, redirects and
         * client certificates of the host that the request came for. Its path prefix is taken off if the path has it. While there
         * is no such service the answer is 503.
         *
         * @param name the name of the service
         */
        public PassOn toService(String name) {
            return new PassOn(headers, name, null);
        }

        /**
         * {@return this with a service and a target of the filter's choice} While that is no healthy target of the service, active
         * or in a rollout, the answer is 503.
         *
         * @param name the name of the service
         * @param address as {@link TargetAddress#parse} reads it
         * @throws IllegalArgumentException if it is no address
         */
        public PassOn toTarget(String name, String address) {
            return new PassOn(headers, name, TargetAddress.parse(address));
        }
    }

    /**
     * The request is answered with an error page.
     *
     * @param status from 400 to 599
     * @param text the reason, for people
     */
    record Refuse(int status, String text) implements FilterDecision {
        /**
         * Checks the status.
         *
         * @param status from 400 to 599
         * @param text the reason, for people
         * @throws IllegalArgumentException if the status is another
         */
        public Refuse {
            if (status < 400 || status > 599) {
                throw new IllegalArgumentException("status " + status + " of a refusal is outside 400 to 599");
            }
        }
    }

    /**
     * The filter answers.
     *
     * @param status from 200 to 599
     * @param headers what the header says
     * @param body the bytes; empty for 204 and 304
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(int status, HeaderRules headers, byte[] body) implements FilterDecision {
        /**
         * Checks the status.
         *
         * @param status from 200 to 599
         * @param headers what the header says
         * @param body the bytes; empty for 204 and 304
         * @throws IllegalArgumentException if the status is another, or has no body
         */
        public Answer {
            if (status < 200 || status > 599) {
                throw new IllegalArgumentException("status " + status + " of an answer is outside 200 to 599");
            }
            if (body.length > 0 && (status == 204 || status == 304)) {
                throw new IllegalArgumentException(
                        "an answer with status " + status + " has a body of " + body.length + " bytes; expected none");
            }
        }
    }
}
