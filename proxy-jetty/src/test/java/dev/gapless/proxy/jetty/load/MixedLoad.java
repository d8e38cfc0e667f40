package dev.gapless.proxy.jetty.load;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.client.BufferingResponseListener;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * Clients that send one request after the other until they are stopped: short ones, slow ones and uploads, over HTTP/1.1 and
 * over HTTP/2.
 */
final class MixedLoad implements AutoCloseable {
    private static final int CLIENTS_OF_EACH_KIND = 8;
    /** How many requests are under way at any moment: three kinds over two protocols. */
    static final int CLIENTS = 6 * CLIENTS_OF_EACH_KIND;

    private static final byte[] UPLOAD = new byte[20_000];

    private final int port;
    private final HttpClient http1 = new HttpClient(new HttpClientTransportOverHTTP(1));
    private final HttpClient http2 = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
    private final AtomicLong answered = new AtomicLong();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch ended;
    private volatile boolean stopping;

    MixedLoad(int port) throws Exception {
        this.port = port;
        http1.start();
        http2.start();
        List<HttpClient> protocols = List.of(http1, http2);
        List<String> paths = List.of("/short", "/slow", "/upload");
        ended = new CountDownLatch(protocols.size() * paths.size() * CLIENTS_OF_EACH_KIND);
        for (HttpClient protocol : protocols) {
            for (String path : paths) {
                for (int i = 0; i < CLIENTS_OF_EACH_KIND; i++) {
                    next(protocol, path);
                }
            }
        }
    }

    long answered() {
        return answered.get();
    }

    Queue<String> failures() {
        return failures;
    }

    private void next(HttpClient client, String path) {
        if (stopping) {
            ended.countDown();
            return;
        }
        boolean upload = path.equals("/upload");
        Request request = client.newRequest("http://127.0.0.1:" + port + path).timeout(20, TimeUnit.SECONDS);
        if (upload) {
            request.method(HttpMethod.POST).body(new BytesRequestContent(UPLOAD));
        }
        request.send(new BufferingResponseListener() {
            @Override
            public void onComplete(Result result) {
                check(path, result, getContentAsString(), upload ? Integer.toString(UPLOAD.length) : "0");
                client.getExecutor().execute(() -> next(client, path));
            }
        });
    }

    private void check(String path, Result result, @Nullable String body, String expected) {
        answered.incrementAndGet();
        if (result.isFailed()) {
            failures.add(path + ": " + result.getFailure());
        } else if (result.getResponse().getStatus() != 200 || !expected.equals(body)) {
            failures.add(path + ": " + result.getResponse() + " " + body);
        }
    }

    /** Waits until every client has got its last answer. */
    void stop() throws InterruptedException {
        stopping = true;
        if (!ended.await(30, TimeUnit.SECONDS)) {
            failures.add(ended.getCount() + " clients have got no last answer");
        }
    }

    @Override
    public void close() {
        LifeCycle.stop(http1);
        LifeCycle.stop(http2);
    }
}
