package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.engine.Decision;
import java.time.Instant;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/**
 * Has a client that has written to a service with readers read from its writers for a while, unless the target says that it
 * need not. What the target says is for the proxy alone. Where there are no readers nothing of this applies, and the target's
 * field passes like any other.
 */
final class WriterAffinity {
    static final String X_WRITER_AFFINITY = "X-Writer-Affinity";

    private WriterAffinity() {}

    /** Changes the head of a response to a client; the deployment must have readers. */
    static void apply(Decision.Forward forward, HttpFields.Mutable response, Instant now) {
        HttpField said = response.getField(X_WRITER_AFFINITY);
        if (said != null) {
            response.remove(X_WRITER_AFFINITY);
        }
        long millis = forward.service().options().balancing().writerAffinity().toMillis();
        boolean declined = said != null && "false".equalsIgnoreCase(said.getValue());
        if (forward.write() && millis > 0 && !declined) {
            long until = now.toEpochMilli() + millis;
            response.add(HttpHeader.SET_COOKIE, Balancing.WRITER_COOKIE + "=" + until + "; Path=/; HttpOnly");
        }
    }
}
