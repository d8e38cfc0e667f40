package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.CacheAnswer;
import dev.gapless.proxy.cache.Fill;
import dev.gapless.proxy.cache.FillStep;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * An exchange with a target that no client attends: it had none to begin with, its client has gone while others want the
 * response, or the client reads what is stored of it like all others. The response is stored, or dropped. Closes its fill in the
 * end, whatever happens. On the lane, but where said.
 */
final class Unattended implements Attempt.Owner, FillFeed.Outcome {
    private final DataPlane plane;
    private final Caching caching;
    private final @Nullable Fill fill;
    private final Executor lane;
    private final Runnable whenOver;
    private boolean told;
    private boolean stores;
    private @Nullable Runnable whenBegun;
    private volatile boolean hasClient;
    private volatile @Nullable FillFeed feed;
    private volatile @Nullable Attempt attempt;

    private Unattended(DataPlane plane, @Nullable Fill fill, Executor lane, Runnable whenOver) {
        this.plane = plane;
        this.caching = plane.caching();
        this.fill = fill;
        this.lane = lane;
        this.whenOver = whenOver;
    }

    /** {@return one whose response has not begun} */
    static Unattended asking(DataPlane plane, Fill fill, Executor lane, Runnable whenOver) {
        return new Unattended(plane, fill, lane, whenOver);
    }

    /**
     * {@return one whose response is to be stored}
     *
     * @param whenBegun called as soon as there is something of the body, or its end
     */
    static Unattended storing(DataPlane plane, Fill fill, Executor lane, Runnable whenBegun) {
        Unattended storing = new Unattended(plane, fill, lane, () -> {});
        storing.told = true;
        storing.stores = true;
        storing.hasClient = true;
        storing.whenBegun = whenBegun;
        return storing;
    }

    /** {@return one whose response nobody wants} */
    static Unattended dropping(DataPlane plane, Executor lane) {
        Unattended dropping = new Unattended(plane, null, lane, () -> {});
        dropping.told = true;
        return dropping;
    }

    @Override
    public @Nullable Throwable flaw(Attempt current, Response from) {
        return ProtocolSwitch.flaw(null, from);
    }

    @Override
    public void interimResponse(Attempt current, int status, HttpFields fields) {
        // There is nobody to whom it could be passed on.
    }

    @Override
    public void responseBegun(Attempt current, Response from) {
        plane.engine().attemptEnded(current.lease(), HttpStatus.isServerError(from.getStatus()));
        if (told || fill == null) {
            return;
        }
        told = true;
        FillStep step = caching.tell(fill, current.forward(), from);
        if (step instanceof FillStep.Store store) {
            stores = true;
            leave(store.answer());
        } else if (step instanceof FillStep.Answer answer) {
            leave(answer.answer());
        }
    }

    private static void leave(CacheAnswer answer) {
        if (answer.body() != null) {
            answer.body().close();
        }
    }

    @Override
    public TargetBody take(Attempt current, Content.Source source, Response from) {
        ServiceOptions options = current.forward().service().options();
        attempt = current;
        FillFeed begun = new FillFeed(
                ResponsePath.received(options.bodies(), source, from), stores ? fill : null, caching, lane, this);
        feed = begun;
        return begun;
    }

    @Override
    public void fed() {
        Runnable task = whenBegun;
        whenBegun = null;
        if (task != null) {
            task.run();
        }
    }

    /** Without a client nobody else sees to it that this comes to an end. */
    @Override
    public void waitsForTarget() {
        Attempt current = attempt;
        if (current == null || hasClient) {
            return;
        } else if (stores && fill != null && !fill.isWantedByOthers()) {
            current.abort(new FillFeed.UnwantedException());
        } else {
            long timeout =
                    current.forward().service().options().responseTimeout().toNanos();
            current.lease()
                    .expireAt(
                            plane.time().nanoTime() + timeout,
                            () -> current.abort(new TimeoutException("the target pauses for too long")));
        }
    }

    @Override
    public void feedFailed(Throwable cause) {
        Attempt current = attempt;
        if (current != null) {
            current.abort(cause);
        }
    }

    /** The client has read what it wanted, or has gone; may be called by any thread. */
    void clientLeaves() {
        hasClient = false;
        FillFeed running = feed;
        Attempt current = attempt;
        if (running == null || current == null || running.hasEnded()) {
            return;
        }
        if (fill != null && fill.isWantedByOthers()) {
            waitsForTarget();
        } else {
            current.abort(new FillFeed.UnwantedException());
        }
    }

    @Override
    public void switched(Attempt current, Response from) {
        Attempt.leave(TargetRequest.connection(from));
        current.lease().release();
        over();
    }

    @Override
    public void attemptEnded(Attempt ended, @Nullable Throwable cause) {
        if (!told && fill != null) {
            told = true;
            fill.failed(caching.now());
        }
        over();
    }

    /** There was no exchange, as no target could be had. */
    void over() {
        try {
            if (fill != null) {
                fill.close(caching.now());
            }
            if (whenBegun != null) {
                lane.execute(this::fed);
            }
        } finally {
            whenOver.run();
        }
    }

    @Override
    public long nanoTime() {
        return plane.time().nanoTime();
    }
}
