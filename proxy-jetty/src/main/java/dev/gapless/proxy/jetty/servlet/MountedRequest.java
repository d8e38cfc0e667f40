package dev.gapless.proxy.jetty.servlet;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.ee11.servlet.ServletCoreRequest;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.FormFields;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * A request of a servlet as the data plane has to have it: the head as filters have left it, of the path what follows the mount,
 * and the body as it comes from the connection, unless a filter has put another in its place.
 */
final class MountedRequest extends Request.Wrapper {
    /** Asked of the class, as asking for the stream itself tells a client that waits with its body to go on. */
    private static final ClassValue<Boolean> HAS_OWN_STREAM = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> wrapper) {
            try {
                return wrapper.getMethod("getInputStream").getDeclaringClass() != ServletRequestWrapper.class;
            } catch (NoSuchMethodException e) {
                throw new IllegalArgumentException("no wrapper of a request: " + wrapper, e);
            }
        }
    };

    private final Request connected;
    private final HttpURI uri;
    private final Content.Source body;

    private MountedRequest(Request head, Request connected, HttpURI uri, Content.Source body) {
        super(head);
        this.connected = connected;
        this.uri = uri;
        this.body = body;
    }

    /** {@return the request, or null if its path does not lead below the mount} */
    static @Nullable MountedRequest of(HttpServletRequest request, ServletContextRequest context, MountPath mountPath)
            throws IOException, ServletException {
        String path = new RelativePath(request).under(mountPath);
        if (path == null) {
            return null;
        }
        Request connected = context.getServletChannel().getRequest();
        HttpURI uri = HttpURI.build(connected.getHttpURI())
                .path(path)
                .query(request.getQueryString())
                .asImmutable();
        return new MountedRequest(ServletCoreRequest.wrap(request), connected, uri, body(request, context, connected));
    }

    /** {@return a request that goes on with its whole path, and with another body if it has one of the handoff's} */
    static MountedRequest handedOff(HttpServletRequest request, ServletContextRequest context, boolean hasOtherBody)
            throws IOException, ServletException {
        Request connected = context.getServletChannel().getRequest();
        Content.Source body = hasOtherBody ? connected : body(request, context, connected);
        return new MountedRequest(ServletCoreRequest.wrap(request), connected, connected.getHttpURI(), body);
    }

    private static Content.Source body(HttpServletRequest request, ServletContextRequest context, Request connected)
            throws IOException, ServletException {
        ServletRequest outermost = request;
        while (outermost instanceof ServletRequestWrapper wrapper && !HAS_OWN_STREAM.get(wrapper.getClass())) {
            outermost = wrapper.getRequest();
        }
        if (outermost instanceof ServletRequestWrapper wrapper) {
            return new StreamSource(
                    wrapper.getInputStream(), context.getComponents().getExecutor());
        }
        if (context.getHttpInput().getContentReceived() > 0 || hasBeenParsed(connected)) {
            throw new ServletException(
                    "the body of the request has been read before the proxy got it, for its parameters say");
        }
        return connected;
    }

    private static boolean hasBeenParsed(Request request) {
        return request.getAttribute(FormFields.class.getName()) != null
                || request.getAttribute(MultiPartFormData.class.getName()) != null;
    }

    @Override
    public String getId() {
        return connected.getId();
    }

    /** Jetty's own, of a servlet's request, does not know it. */
    @Override
    public long getLength() {
        return getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    }

    @Override
    public HttpURI getHttpURI() {
        return uri;
    }

    @Override
    public Content.@Nullable Chunk read() {
        return body.read();
    }

    @Override
    public void demand(Runnable available) {
        body.demand(available);
    }

    @Override
    public void fail(Throwable failure) {
        body.fail(failure);
    }
}
