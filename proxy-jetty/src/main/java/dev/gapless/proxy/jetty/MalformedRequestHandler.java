package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Answers requests that do not come to the data plane, as they are no HTTP or too large, and closes their connection. */
final class MalformedRequestHandler implements Request.Handler {
    /** The attribute of an HTTP/2 stream that no exchange cares for, as its request is answered here. */
    static final String REFUSED = MalformedRequestHandler.class.getName();

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = status(request, response);
        ErrorPage page = ErrorPage.of(request.getHeaders(), status, message(status), "", null);
        ByteBuffer bytes = page.bytes();
        response.setStatus(status);
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, page.contentType());
        headers.put(HttpHeader.CONTENT_LENGTH, bytes.remaining());
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        if (ClientRequest.isHttp1(request)) {
            headers.put(HttpHeader.CONNECTION, "close");
        } else {
            markStream(request);
        }
        response.write(true, bytes, callback);
        return true;
    }

    private static void markStream(Request request) {
        if (request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection) {
            Stream stream = connection.getSession().getStream(Integer.parseInt(request.getId()));
            if (stream != null) {
                stream.setAttribute(REFUSED, true);
            }
        }
    }

    private static int status(Request request, Response response) {
        Object given = request.getAttribute(ErrorHandler.ERROR_STATUS);
        int status = given instanceof Integer code ? code : response.getStatus();
        return switch (status) {
            // No version at all, or none that there is.
            case HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 -> HttpStatus.BAD_REQUEST_400;
            // A request line beyond the limit is a head beyond the limit: 64 KiB hold both.
            case HttpStatus.URI_TOO_LONG_414 -> HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431;
            default -> status;
        };
    }

    private static String message(int status) {
        return switch (status) {
            case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> "The head of the request is too large.";
            case HttpStatus.REQUEST_TIMEOUT_408 -> "The request was not sent in time.";
            default -> status < 500 ? "The request is malformed." : "The request could not be served.";
        };
    }
}
