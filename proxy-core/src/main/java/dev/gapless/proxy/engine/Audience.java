package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.RolloutKey;
import dev.gapless.proxy.spi.TimeSource;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a request tells about its client: whether a rollout is for it, and whether readers may serve it. Thread-safe. */
final class Audience {
    private static final Logger LOG = LoggerFactory.getLogger(Audience.class);

    private final TimeSource time;
    private final Map<String, RolloutKey> rolloutKeys;

    Audience(TimeSource time, Map<String, RolloutKey> rolloutKeys) {
        this.time = time;
        this.rolloutKeys = rolloutKeys;
    }

    /** Throws an {@link IllegalArgumentException} if the options name a rollout key that this proxy does not know. */
    void check(ServiceOptions options) {
        options.rolloutKey().filter(name -> !rolloutKeys.containsKey(name)).ifPresent(name -> {
            throw new IllegalArgumentException("rollout key \"" + name + "\" is unknown; expected one that the host "
                    + "has given the proxy " + new TreeSet<>(rolloutKeys.keySet()));
        });
    }

    /** As {@link #check}, for a service that is better served without rollouts than not at all. */
    void warnOf(String service, ServiceOptions options) {
        try {
            check(options);
        } catch (IllegalArgumentException e) {
            LOG.warn("Service \"{}\" is restored, but no client is in its rollouts: {}", service, e.getMessage());
        }
    }

    boolean isIn(Rollout rollout, ServiceOptions options, RequestHead head) {
        if (rollout.split() == null) {
            return false;
        }
        String key = rolloutKey(options, head);
        return key != null && rollout.split().includes(key);
    }

    /** {@return by what the client is told in a rollout, or null} What is empty tells nobody. */
    @Nullable
    String rolloutKey(ServiceOptions options, RequestHead head) {
        String key = givenKey(options, head);
        return key == null || key.isEmpty() ? null : key;
    }

    private @Nullable String givenKey(ServiceOptions options, RequestHead head) {
        if (options.rolloutKey().isEmpty()) {
            return head.cookie(options.rolloutCookie());
        }
        RolloutKey key = rolloutKeys.get(options.rolloutKey().get());
        try {
            return key == null ? null : key.of(head);
        } catch (RuntimeException | Error e) {
            LOG.warn("Rollout key {} failed", options.rolloutKey().get(), e);
            return null;
        }
    }

    /** {@return whether the request may go to a reader: it is a read, and its client has not written of late} */
    boolean mayRead(ServiceOptions options, RequestHead head) {
        boolean webSocket = isWebSocket(head);
        boolean read =
                Router.isSafeRead(head) && (!webSocket || options.balancing().webSocketsToReaders());
        return read && !hasWritten(head);
    }

    boolean hasWritten(RequestHead head) {
        String until = head.cookie(Balancing.WRITER_COOKIE);
        if (until == null) {
            return false;
        }
        try {
            return Long.parseLong(until) > time.now().toEpochMilli();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isWebSocket(RequestHead head) {
        String upgrade = head.header("Upgrade");
        return upgrade != null && upgrade.equalsIgnoreCase("websocket");
    }
}
