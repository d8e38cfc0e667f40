package dev.gapless.proxy.jetty.faults;

import java.util.concurrent.CountDownLatch;

/** A target that sends something, or nothing, and reads nothing of the request's body until it is told to. */
final class DeafTarget extends RawTarget {
    private final CountDownLatch listen = new CountDownLatch(1);
    private final String before;

    DeafTarget(String before) {
        this.before = before;
    }

    void listen() {
        listen.countDown();
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        call.send(before);
        listen.await();
        call.readToEnd();
        return false;
    }
}
