package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;

/** What tests of paused services begin with. */
abstract class HoldScaffold extends ProxyScaffold {
    static final Duration LONG = Duration.ofMinutes(5);
    static final Duration SHORT = Duration.ofMillis(60);

    final RequestLog log = new RequestLog();

    /** Starts a proxy whose one service is paused. */
    RawTarget servePaused(RawTarget target, ServiceOptions options) throws Exception {
        proxy = proxy == null ? start(loopback().listener(log)) : proxy;
        serve(target, options);
        pause();
        return target;
    }

    RawTarget servePaused() throws Exception {
        return servePaused(RawTarget.answering(RawTarget.OK), ServiceOptions.defaults());
    }

    static ServiceOptions limited(int requests, long bodyBytes, int releaseConcurrency) {
        return ServiceOptions.builder()
                .holdLimits(new HoldLimits(requests, bodyBytes, releaseConcurrency))
                .build();
    }

    void pause() {
        proxy.services().pause("app", LONG, LONG);
    }

    void resume() {
        proxy.services().resume("app");
    }

    ServiceInfo info() {
        return proxy.services().list().get(0);
    }

    void awaitHeld(int count) {
        eventually(count + " requests are held", () -> info().requestsHeld() == count);
    }

    static String post(String path, String body) {
        return RawClient.head("POST", path, "Content-Length: " + body.length()) + body;
    }
}
