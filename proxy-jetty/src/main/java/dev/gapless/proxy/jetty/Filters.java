package dev.gapless.proxy.jetty;

import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.spi.RequestFilter;
import dev.gapless.proxy.spi.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The host's filters, asked one after the other. */
final class Filters {
    private static final Logger LOG = LoggerFactory.getLogger(Filters.class);

    private static final FailureAnswer FAILED =
            new FailureAnswer(HttpStatus.INTERNAL_SERVER_ERROR_500, "The proxy has failed.");

    private final List<RequestFilter> filters;
    private final Scheduler scheduler;
    private final Duration timeout;
    private final ProxyEngine engine;

    /**
     * Makes the chain of them.
     *
     * @param timeout how long a request waits for each of them, each time
     */
    Filters(List<RequestFilter> filters, Scheduler scheduler, Duration timeout, ProxyEngine engine) {
        this.filters = List.copyOf(filters);
        this.scheduler = scheduler;
        this.timeout = timeout;
        this.engine = engine;
    }

    boolean areNone() {
        return filters.isEmpty();
    }

    Preliminary beforeRouting(FilteredRequest request) {
        ClientRequest head = new ClientRequest(request);
        return new Asking(request, filter -> filter.beforeRouting(head));
    }

    Preliminary beforeForwarding(FilteredRequest request, String service) {
        ClientRequest head = new ClientRequest(request);
        return new Asking(request, filter -> filter.beforeForwarding(head, service));
    }

    /** {@return the response, whose head the filters get to see} */
    RevisedResponse revising(FilteredRequest request, Response response, Executor lane) {
        return new RevisedResponse(
                response, (head, done) -> new Showing(new ClientRequest(request), head, lane, done).next(0), lane);
    }

    /**
     * Waits for what a filter has returned, as long as that may take.
     *
     * @param lane where the outcome is told, unless it is there already
     * @param outcome told once: what has come, or what went wrong
     */
    private <T> void await(
            RequestFilter filter,
            Function<RequestFilter, CompletionStage<? extends T>> question,
            Executor lane,
            BiConsumer<@Nullable T, @Nullable Throwable> outcome) {
        CompletionStage<? extends T> stage;
        try {
            stage = question.apply(filter);
        } catch (RuntimeException | Error e) {
            outcome.accept(null, failed(filter, e));
            return;
        }
        if (stage == null) {
            outcome.accept(null, failed(filter, new NullPointerException("the filter has returned no stage")));
            return;
        }
        AtomicBoolean over = new AtomicBoolean();
        AtomicBoolean returned = new AtomicBoolean();
        Thread asking = Thread.currentThread();
        stage.whenComplete((value, failure) -> {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            Throwable told = failure == null ? null : failed(filter, failure);
            if (Thread.currentThread() == asking && !returned.get()) {
                outcome.accept(value, told);
            } else {
                lane.execute(() -> outcome.accept(value, told));
            }
        });
        returned.set(true);
        if (!over.get()) {
            limit(filter, stage, over, failure -> lane.execute(() -> outcome.accept(null, failure)));
        }
    }

    /** Has a stage that is not complete in time count as failed. */
    private void limit(RequestFilter filter, CompletionStage<?> stage, AtomicBoolean over, Consumer<Throwable> late) {
        Scheduler.Cancellable timer = scheduler.schedule(
                () -> {
                    if (over.compareAndSet(false, true)) {
                        late.accept(failed(filter, new TimeoutException("not complete within " + timeout)));
                    }
                },
                timeout);
        stage.whenComplete((value, failure) -> timer.cancel());
    }

    private HostCodeException failed(RequestFilter filter, Throwable failure) {
        String name = "filter " + filter.getClass().getName();
        LOG.warn("{} has failed", name, failure);
        engine.hostCodeFailed(name, failure);
        return new HostCodeException(name, failure);
    }

    /** Asks the filters what shall become of a request. */
    private final class Asking implements Preliminary {
        private final FilteredRequest request;
        private final Function<RequestFilter, CompletionStage<? extends FilterDecision>> question;
        private final AtomicBoolean over = new AtomicBoolean();
        private final Executor lane;

        Asking(FilteredRequest request, Function<RequestFilter, CompletionStage<? extends FilterDecision>> question) {
            this.request = request;
            this.question = question;
            this.lane = laneOf(request);
        }

        @Override
        public void begin(Outcome outcome) {
            next(0, outcome);
        }

        private void next(int index, Outcome outcome) {
            if (index == filters.size()) {
                if (end()) {
                    outcome.goOn();
                }
                return;
            }
            await(filters.get(index), question, lane, (decision, failure) -> {
                if (!over.get()) {
                    carryOut(decision, failure, index, outcome);
                }
            });
        }

        private void carryOut(
                @Nullable FilterDecision decision, @Nullable Throwable failure, int index, Outcome outcome) {
            if (decision instanceof FilterDecision.PassOn changes && isApplied(changes)) {
                next(index + 1, outcome);
            } else if (end()) {
                if (decision instanceof FilterDecision.Answer answer) {
                    outcome.answered(answer);
                } else if (decision instanceof FilterDecision.Refuse refuse) {
                    outcome.refused(new FailureAnswer(refuse.status(), refuse.text()));
                } else {
                    if (failure == null) {
                        failed(filters.get(index), new NullPointerException("the filter has decided on nothing"));
                    }
                    outcome.refused(FAILED);
                }
            }
        }

        /** Not so if nothing was given where something has to be. */
        private boolean isApplied(FilterDecision.PassOn changes) {
            try {
                request.apply(changes);
                return true;
            } catch (RuntimeException e) {
                return false;
            }
        }

        @Override
        public boolean end() {
            return over.compareAndSet(false, true);
        }
    }

    /** Shows the filters the head of a response. */
    private final class Showing {
        private final ClientRequest request;
        private final PendingResponse head;
        private final Executor lane;
        private final Consumer<@Nullable Throwable> done;

        Showing(ClientRequest request, PendingResponse head, Executor lane, Consumer<@Nullable Throwable> done) {
            this.request = request;
            this.head = head;
            this.lane = lane;
            this.done = done;
        }

        void next(int index) {
            if (index == filters.size()) {
                done.accept(null);
                return;
            }
            await(filters.get(index), filter -> filter.onResponse(request, head), lane, (value, failure) -> {
                if (failure == null) {
                    next(index + 1);
                } else {
                    done.accept(failure);
                }
            });
        }
    }

    /** {@return where the request is served, after what that does now} */
    static Executor laneOf(Request request) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        return laned == null
                ? task -> Lanes.execute(
                        request.getConnectionMetaData().getConnection().getEndPoint(), task)
                : laned::execute;
    }
}
