package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Direction;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** A request as an application that hands it off wants its service to see it. */
final class HandedRequest extends DirectedRequest {
    private final HandoffRun run;
    private final Handoff handoff;
    private final HttpFields headers;
    private final HttpURI uri;
    private final Content.@Nullable Source body;

    HandedRequest(Request request, Handoff handoff, HandoffRun run) {
        super(request);
        this.run = run;
        this.handoff = handoff;
        Content.Source own = handoff.openBody();
        this.body = own == null ? null : new OwnBody(own, run::bodyFailed);
        this.headers = body == null
                ? handoff.headers(request.getHeaders())
                : handoff.headers(request.getHeaders(), body.getLength());
        this.uri = handoff.uri(request.getHttpURI());
    }

    @Override
    Direction direction() {
        return handoff.direction();
    }

    @Override
    Preliminary first() {
        return run;
    }

    @Override
    void ended() {
        run.ended();
    }

    @Override
    boolean hasBodyOfHost() {
        return body != null;
    }

    /** Gives up what is left of the body that it was given. */
    void abandonBody() {
        if (body != null) {
            body.fail(new EofException("the handoff is over"));
        }
    }

    @Override
    public String getMethod() {
        String method = handoff.method();
        return method == null ? super.getMethod() : method;
    }

    @Override
    public HttpURI getHttpURI() {
        return uri;
    }

    @Override
    public HttpFields getHeaders() {
        return headers;
    }

    @Override
    public long getLength() {
        return body == null ? super.getLength() : headers.getLongField(HttpHeader.CONTENT_LENGTH);
    }

    @Override
    public Content.Chunk read() {
        return body == null ? super.read() : body.read();
    }

    @Override
    public void demand(Runnable available) {
        if (body == null) {
            super.demand(available);
        } else {
            body.demand(available);
        }
    }

    @Override
    public void fail(Throwable cause) {
        if (body != null) {
            body.fail(cause);
        }
        super.fail(cause);
    }

    @Override
    public @Nullable HttpFields getTrailers() {
        return body == null ? super.getTrailers() : null;
    }
}
