package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.engine.Decision;
import java.time.Instant;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Response;

/** What a client gets to see of the head of a target's response. */
final class ResponseHead {
    private ResponseHead() {}

    /** Passes an interim response on, unless it is part of a conversation between target and proxy alone. */
    static void interim(int status, HttpFields from, Response to) {
        if (status != HttpStatus.CONTINUE_100 && status != HttpStatus.SWITCHING_PROTOCOLS_101) {
            HttpFields.Mutable passed = HttpFields.build();
            Headers.copyResponse(from, passed);
            to.writeInterim(status, passed);
        }
    }

    /** Copies a final response's head, with the changes that the options of its service ask for. */
    static void copy(HttpFields from, ClientRequest client, Decision.Forward forward, Instant now, Response response) {
        HttpFields.Mutable to = response.getHeaders();
        ServiceOptions options = forward.service().options();
        Headers.copyResponse(from, to);
        if (options.headers().scopeCookiePaths() && options.stripPathPrefix()) {
            CookiePaths.scope(to, CookiePaths.prefix(client.path(), forward.path()), client.host());
        }
        Headers.apply(options.headers().responseRules(), to);
        if (forward.hasReaders()) {
            WriterAffinity.apply(forward, to, now);
        }
    }
}
