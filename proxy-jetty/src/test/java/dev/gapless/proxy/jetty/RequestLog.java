package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener that keeps the requests and retries that it hears of. */
final class RequestLog implements ProxyListener {
    private final BlockingQueue<RequestSummary> heard = new LinkedBlockingQueue<>();
    private final List<RequestRetry> retries = new CopyOnWriteArrayList<>();

    @Override
    public void onRequest(RequestSummary request) {
        heard.add(request);
    }

    @Override
    public void onRetry(RequestRetry retry) {
        retries.add(retry);
    }

    /** {@return the retries so far; those of a request are there when it has ended} */
    List<RequestRetry> retries() {
        return List.copyOf(retries);
    }

    RequestSummary next() throws InterruptedException {
        RequestSummary summary = heard.poll(20, TimeUnit.SECONDS);
        if (summary == null) {
            throw new AssertionError("no request was reported");
        }
        return summary;
    }

    boolean isEmpty() {
        return heard.isEmpty();
    }
}
