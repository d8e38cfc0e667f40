package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener that keeps the requests that it hears of. */
final class RequestLog implements ProxyListener {
    private final BlockingQueue<RequestSummary> heard = new LinkedBlockingQueue<>();

    @Override
    public void onRequest(RequestSummary request) {
        heard.add(request);
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
