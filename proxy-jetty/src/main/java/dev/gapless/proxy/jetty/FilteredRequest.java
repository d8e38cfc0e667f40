package dev.gapless.proxy.jetty;

import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.engine.Direction;
import dev.gapless.proxy.engine.Service;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** A request as the host's filters leave it. Changes on its lane only. */
final class FilteredRequest extends DirectedRequest {
    private final Filters filters;
    private volatile HttpFields headers;
    private volatile @Nullable Direction direction;
    private boolean isToBeSettled = true;

    FilteredRequest(Request request, Filters filters) {
        super(request);
        this.filters = filters;
        this.headers = request.getHeaders();
    }

    /** Makes the changes that a filter wants. */
    void apply(FilterDecision.PassOn changes) {
        if (!changes.headers().isEmpty()) {
            HttpFields.Mutable changed = HttpFields.build(headers);
            Headers.apply(changes.headers(), changed);
            headers = changed.asImmutable();
        }
        if (changes.service() != null) {
            direction = new Direction(changes.service(), changes.target(), Direction.By.FILTER);
        }
    }

    @Override
    public HttpFields getHeaders() {
        return headers;
    }

    @Override
    @Nullable
    Direction direction() {
        return direction;
    }

    @Override
    Preliminary first() {
        return filters.beforeRouting(this);
    }

    @Override
    boolean isToBeSettled() {
        return isToBeSettled;
    }

    @Override
    @Nullable
    Preliminary beforeForwarding(Service service) {
        if (!isToBeSettled) {
            return null;
        }
        isToBeSettled = false;
        return filters.beforeForwarding(this, service.name());
    }
}
