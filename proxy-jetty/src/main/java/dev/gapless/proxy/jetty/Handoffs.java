package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffLimits;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.spi.Scheduler;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The handoffs of a proxy: those under way, their places, and where the application's callbacks run. */
final class Handoffs {
    /** So many callbacks run at once: those that block keep others waiting, but no traffic. */
    private static final int CALLBACK_THREADS = 32;

    private static final Logger LOG = LoggerFactory.getLogger(Handoffs.class);

    private final ForwardingHandler handler;
    private final Scheduler scheduler;
    private final Executor callbacks;
    private final HandoffLimits limits;
    private final Map<String, HandoffLimits> limitsOfServices;
    private final Duration callbackTimeout;
    private final Map<String, HandoffGate> gates = new ConcurrentHashMap<>();
    private final Set<HandoffRun> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean running;

    /**
     * Makes one without handoffs, which takes none until it is started.
     *
     * @param limits for services that have none of their own
     * @param limitsOfServices by name
     * @param callbackTimeout how long a response waits for the application's callback
     */
    Handoffs(
            ForwardingHandler handler,
            Scheduler scheduler,
            Executor callbacks,
            HandoffLimits limits,
            Map<String, HandoffLimits> limitsOfServices,
            Duration callbackTimeout) {
        this.handler = handler;
        this.scheduler = scheduler;
        this.callbacks = new BoundedExecutor(callbacks, CALLBACK_THREADS);
        this.limits = limits;
        this.limitsOfServices = Map.copyOf(limitsOfServices);
        this.callbackTimeout = callbackTimeout;
    }

    void start() {
        running = true;
    }

    /** Takes no more. */
    void stop() {
        running = false;
    }

    /** Ends what is left. */
    void abandonAll() {
        underWay.forEach(run -> run.abandon(new IllegalStateException("the proxy has been stopped")));
    }

    void checkRunning() {
        if (!running) {
            throw new IllegalStateException("the proxy takes no handoffs: it is not started, or has been stopped");
        }
    }

    /** Hands a request off that has been found fit for that. */
    void send(Handoff handoff, Request request, Response response, Callback callback) {
        String service = handoff.direction().service();
        HandoffGate gate =
                gates.computeIfAbsent(service, name -> new HandoffGate(limitsOfServices.getOrDefault(name, limits)));
        HandoffRun run = new HandoffRun(this, handoff, gate, callback);
        HandedRequest handed = new HandedRequest(request, handoff, run);
        run.of(handed);
        underWay.add(run);
        try {
            checkRunning(); // What is under way by now is ended by a stop.
            handler.handOff(handed, response, run);
        } catch (RuntimeException | Error e) {
            underWay.remove(run);
            throw e;
        }
    }

    void ended(HandoffRun run) {
        underWay.remove(run);
    }

    long nanoTime() {
        return handler.time().nanoTime();
    }

    void onLane(HandedRequest request, Runnable task) {
        handler.onHandedLane(request, task);
    }

    Scheduler.Cancellable after(Duration delay, Runnable task) {
        return scheduler.schedule(task, delay);
    }

    /** {@return what shows heads of responses to the application, or null if it does not want to see them} */
    RevisedResponse.@Nullable Reviser reviser(Handoff handoff) {
        Consumer<? super PendingResponse> revises = handoff.onResponse();
        return revises == null ? null : (head, done) -> revise(handoff, revises, head, done);
    }

    private void revise(
            Handoff handoff,
            Consumer<? super PendingResponse> revises,
            PendingResponse head,
            Consumer<@Nullable Throwable> done) {
        String what = handoff + " (on response)";
        AtomicBoolean over = new AtomicBoolean();
        Consumer<@Nullable Throwable> ends = failure -> {
            if (over.compareAndSet(false, true)) {
                if (failure != null) {
                    failed(what, failure);
                }
                done.accept(failure == null ? null : new HostCodeException(what, failure));
            }
        };
        Scheduler.Cancellable timer =
                after(callbackTimeout, () -> ends.accept(new TimeoutException("not done within " + callbackTimeout)));
        run(what, () -> {
            Throwable failure = null;
            try {
                revises.accept(head);
            } catch (RuntimeException | Error e) {
                failure = e;
            }
            timer.cancel();
            ends.accept(failure);
        });
    }

    /** Tells the application, if it wants to know. */
    <T> void tell(Handoff handoff, @Nullable Consumer<? super T> hears, T news) {
        if (hears != null) {
            run(handoff + " (on end)", () -> hears.accept(news));
        }
    }

    /** Completes a request: on this thread, if that does not block. */
    void complete(Handoff handoff, Callback callback, Runnable completion) {
        String what = handoff + " (callback)";
        if (callback.getInvocationType() == Invocable.InvocationType.NON_BLOCKING) {
            carefully(what, completion);
        } else {
            run(what, completion);
        }
    }

    private void run(String what, Runnable task) {
        try {
            callbacks.execute(() -> carefully(what, task));
        } catch (RejectedExecutionException e) {
            carefully(what, task); // The executor was stopped, and so is the proxy.
        }
    }

    private void carefully(String what, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            failed(what, e);
        }
    }

    Throwable bodyFailed(Handoff handoff, Throwable cause) {
        String what = handoff + " (body)";
        failed(what, cause);
        return new HostCodeException(what, cause);
    }

    private void failed(String what, Throwable failure) {
        LOG.warn("{} has failed", what, failure);
        handler.engine().hostCodeFailed(what, failure);
    }
}
