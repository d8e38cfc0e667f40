package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffResult;
import dev.gapless.proxy.spi.Scheduler;
import java.io.EOFException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The life of one handoff: waits for a place among those to its service, has it until the end of its exchange, and then tells the
 * application.
 */
final class HandoffRun implements Preliminary {
    private enum Place {
        /** It has none, and may wait for one. TAKEN or OVER follows. */
        NONE,
        /** It has one. OVER follows. */
        TAKEN,
        /** The handoff has ended. Nothing follows. */
        OVER
    }

    private static final FailureAnswer TOO_MANY = new FailureAnswer(
            HttpStatus.SERVICE_UNAVAILABLE_503, "The service is unavailable: too many requests wait for it.");

    private final Handoffs handoffs;
    private final Handoff handoff;
    private final HandoffGate gate;
    private final Callback callback;
    private final long sinceNanos;
    /** Is one object, by which the gate knows this. */
    private final Runnable entered = this::entered;

    private final AtomicReference<Place> place = new AtomicReference<>(Place.NONE);
    private final AtomicBoolean completed = new AtomicBoolean();
    private volatile boolean overdue;
    private volatile @Nullable Outcome outcome;
    private volatile Scheduler.@Nullable Cancellable waitEnd;
    private volatile Scheduler.@Nullable Cancellable timeEnd;
    private volatile @Nullable HandedRequest request;
    private volatile @Nullable RevisedResponse revised;
    private volatile int status;
    private volatile @Nullable Throwable failure;

    HandoffRun(Handoffs handoffs, Handoff handoff, HandoffGate gate, Callback callback) {
        this.handoffs = handoffs;
        this.handoff = handoff;
        this.gate = gate;
        this.callback = callback;
        this.sinceNanos = handoffs.nanoTime();
    }

    void of(HandedRequest handed) {
        request = handed;
    }

    /** {@return the response as the exchange is to write it} */
    Response revising(Response response) {
        RevisedResponse.Reviser reviser = handoffs.reviser(handoff);
        if (reviser == null) {
            return response;
        }
        RevisedResponse shown = new RevisedResponse(response, reviser, this::onLane);
        revised = shown;
        return shown;
    }

    private void onLane(Runnable task) {
        HandedRequest handed = request;
        if (handed != null) {
            handoffs.onLane(handed, task);
        }
    }

    @Override
    public void begin(Outcome hears) {
        outcome = hears;
        if (handoff.timeout() != null) {
            timeEnd = handoffs.after(handoff.timeout(), () -> onLane(this::timeOver));
        }
        switch (gate.enter(entered)) {
            case ENTERED -> {
                if (place.compareAndSet(Place.NONE, Place.TAKEN)) {
                    hears.goOn();
                } else {
                    gate.leave();
                }
            }
            case REFUSED -> hears.refused(TOO_MANY);
            case QUEUED ->
                waitEnd = handoffs.after(
                        gate.limits().maxWait(),
                        () -> onLane(() -> {
                            if (end()) {
                                hears.refused(TOO_MANY);
                            }
                        }));
        }
    }

    /** Has got a place that it had to wait for. */
    private void entered() {
        if (place.compareAndSet(Place.NONE, Place.TAKEN)) {
            onLane(this::goOn);
        } else {
            gate.leave();
        }
    }

    private void goOn() {
        Outcome hears = outcome;
        cancel(waitEnd);
        if (hears == null || place.get() == Place.OVER) {
            return;
        }
        if (overdue) {
            hears.refused(FailureAnswer.ofTarget(new Attempt.ResponseTimeoutException()));
        } else {
            hears.goOn();
        }
    }

    private void timeOver() {
        Outcome hears = outcome;
        overdue = true; // It may have a place, and not know it yet.
        if (hears != null) {
            hears.overdue();
        }
    }

    @Override
    public boolean end() {
        return gate.withdraw(entered);
    }

    /** {@return what a request fails with whose application has given it a body that fails with this} */
    Throwable bodyFailed(Throwable cause) {
        return handoffs.bodyFailed(handoff, cause);
    }

    /** The exchange is over. */
    void ended() {
        Place last = place.getAndSet(Place.OVER);
        if (last == Place.OVER) {
            return;
        }
        cancel(waitEnd);
        cancel(timeEnd);
        HandedRequest handed = request;
        if (handed != null) {
            handed.abandonBody();
        }
        if (last == Place.TAKEN) {
            gate.leave();
        } else {
            gate.withdraw(entered);
        }
        handoffs.ended(this);
        tell();
    }

    private void tell() {
        Throwable lost = failure;
        if (lost == null && status != 0) {
            handoffs.tell(
                    handoff,
                    handoff.onCompleted(),
                    new HandoffResult(status, Duration.ofNanos(handoffs.nanoTime() - sinceNanos)));
        } else {
            handoffs.tell(handoff, handoff.onFailed(), lost == null ? new EOFException("the handoff has ended") : lost);
        }
    }

    private static void cancel(Scheduler.@Nullable Cancellable timer) {
        if (timer != null) {
            timer.cancel();
        }
    }

    /** The proxy stops, and nobody else is going to end it. */
    void abandon(Throwable cause) {
        new Completion(null).failed(cause);
        ended();
    }

    /** {@return what the exchange is to complete} */
    Callback completion(Response response) {
        return new Completion(response);
    }

    /** Completes the application's callback, once, after the head was shown if nobody has written it. */
    private final class Completion implements Callback {
        private final @Nullable Response response;

        Completion(@Nullable Response response) {
            this.response = response;
        }

        @Override
        public void succeeded() {
            RevisedResponse shown = revised;
            if (shown == null) {
                succeed();
            } else {
                shown.complete(Callback.from(this::succeed, this::failed));
            }
        }

        private void succeed() {
            if (completed.compareAndSet(false, true)) {
                status = response == null ? 0 : response.getStatus();
                handoffs.complete(handoff, callback, callback::succeeded);
            }
        }

        @Override
        public void failed(Throwable cause) {
            if (completed.compareAndSet(false, true)) {
                failure = cause instanceof org.eclipse.jetty.server.Request.Handler.AbortException
                                && cause.getCause() != null
                        ? cause.getCause()
                        : cause;
                handoffs.complete(handoff, callback, () -> callback.failed(cause));
            }
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}
