package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;

/** What the proxy itself asks targets: a GET on a connection of its own, of whose answer the head is all that is wanted. */
final class HeadQuestion {
    private HeadQuestion() {}

    /** {@return the request, which may take so long; it ends by an abort once the head of the response is there} */
    static TargetRequest about(HttpClient client, String pathAndQuery, String host, String userAgent, long limitNanos) {
        int mark = pathAndQuery.indexOf('?');
        TargetRequest request = new TargetRequest(
                client,
                "GET",
                mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark),
                mark < 0 ? null : pathAndQuery.substring(mark + 1));
        request.timeout(limitNanos, TimeUnit.NANOSECONDS);
        request.headers(fields -> {
            fields.put(HttpHeader.HOST, host);
            fields.put(HttpHeader.USER_AGENT, userAgent);
            fields.put(HttpHeader.CONNECTION, "close");
        });
        request.onResponseHeaders(response -> {
            if (!HttpStatus.isInterim(response.getStatus())) {
                response.abort(new AnsweredException());
            }
        });
        return request;
    }

    /** Whether the target has answered. */
    static boolean isAnswered(Result result) {
        Throwable failure = result.getFailure();
        return failure == null || failure instanceof AnsweredException;
    }

    /** {@return the host that a target is asked for by its own name} */
    static String hostOf(TargetAddress address) {
        return address instanceof TargetAddress.Tcp tcp ? tcp.authority() : "localhost";
    }

    private static final class AnsweredException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AnsweredException() {
            super("answered", null, false, false);
        }
    }
}
