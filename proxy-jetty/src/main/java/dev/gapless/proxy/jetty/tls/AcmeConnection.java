package dev.gapless.proxy.jetty.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.DefaultConnection;
import org.shredzone.acme4j.connector.HttpConnector;

/**
 * A connection with the ACME server that ends: acme4j's own waits for the head of a response so long, but for its body for as
 * long as the server likes, and takes in as much of it as comes.
 */
final class AcmeConnection extends DefaultConnection {
    /** A long chain, or an order for a hundred hosts, has a few ten thousand. */
    private static final int MOST_BYTES = 1 << 20;

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private final Duration timeout;

    AcmeConnection(HttpConnector connector, Duration timeout) {
        super(connector);
        this.timeout = timeout;
    }

    /** The server says that it does not want to be asked for a while, without a problem document. */
    static final class BusyException extends IOException {
        private final Duration retryAfter;

        BusyException(int status, Duration retryAfter) {
            super("HTTP " + status + ", to be asked again in " + retryAfter.toSeconds() + " s");
            this.retryAfter = retryAfter;
        }

        Duration retryAfter() {
            return retryAfter;
        }
    }

    @Override
    protected void sendRequest(Session session, URL url, Consumer<HttpRequest.Builder> body) throws IOException {
        HttpRequest.Builder request = httpConnector
                .createRequestBuilder(url)
                .header("Accept-Charset", "utf-8")
                .header("Accept-Language", session.getLanguageHeader());
        body.accept(request);
        HttpResponse<byte[]> response = send(request.build());
        checkBusy(response);
        lastResponse = new TakenResponse(response);
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException {
        CompletableFuture<HttpResponse<byte[]>> response = httpClient.sendAsync(request, head -> taken());
        try {
            return response.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (TimeoutException e) {
            response.cancel(true);
            throw new HttpTimeoutException("no whole response within " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            response.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the ACME server");
        }
    }

    private static HttpResponse.BodySubscriber<byte[]> taken() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        return HttpResponse.BodySubscribers.mapping(
                HttpResponse.BodySubscribers.ofByteArrayConsumer(part -> part.ifPresent(bytes -> {
                    if (whole.size() + bytes.length > MOST_BYTES) {
                        throw new IllegalStateException("a response of more than " + MOST_BYTES + " bytes");
                    }
                    whole.writeBytes(bytes);
                })),
                end -> whole.toByteArray());
    }

    private static void checkBusy(HttpResponse<?> response) throws BusyException {
        int status = response.statusCode();
        boolean problem = response.headers()
                .firstValue("Content-Type")
                .filter(type -> type.startsWith("application/problem+json"))
                .isPresent();
        if (problem || (status != TOO_MANY_REQUESTS && status != UNAVAILABLE)) {
            return;
        }
        Optional<String> seconds = response.headers().firstValue("Retry-After").filter(s -> s.matches("[0-9]{1,9}"));
        if (seconds.isPresent()) {
            throw new BusyException(status, Duration.ofSeconds(Long.parseLong(seconds.get())));
        }
    }

    /** A response whose body has come. */
    private record TakenResponse(HttpResponse<byte[]> response) implements HttpResponse<InputStream> {
        @Override
        public int statusCode() {
            return response.statusCode();
        }

        @Override
        public HttpRequest request() {
            return response.request();
        }

        @Override
        public Optional<HttpResponse<InputStream>> previousResponse() {
            return Optional.empty();
        }

        @Override
        public HttpHeaders headers() {
            return response.headers();
        }

        @Override
        public InputStream body() {
            return new ByteArrayInputStream(response.body());
        }

        @Override
        public Optional<SSLSession> sslSession() {
            return response.sslSession();
        }

        @Override
        public URI uri() {
            return response.uri();
        }

        @Override
        public HttpClient.Version version() {
            return response.version();
        }
    }
}
