package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CacheUse;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.BodyReader;
import dev.gapless.proxy.cache.CacheAnswer;
import dev.gapless.proxy.cache.CacheDecision;
import dev.gapless.proxy.cache.CacheRequest;
import dev.gapless.proxy.cache.Field;
import dev.gapless.proxy.cache.Fill;
import dev.gapless.proxy.cache.FillStep;
import dev.gapless.proxy.cache.Waiter;
import dev.gapless.proxy.cache.Waiting;
import dev.gapless.proxy.engine.Attempts;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.spi.Scheduler;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * The cache's part in one request. The exchange asks it before it chooses a target, and tells it what comes of that.
 *
 * <pre>
 *   take ─► answered                                       nothing else is to be done
 *     ├───► (waits) ─► answered, or goesOn                 another request asks for the same
 *     └───► responded ─┬─► PASS, with fields added         the target's response, by the exchange
 *           or failed  ├─► answered                        by what is stored, or is being
 *                      └─► REPEAT                          once more, without conditions
 * </pre>
 *
 * <p>A response that is stored is taken from the target by an {@link Unattended}, and the client reads what is stored. On the
 * lane, but where said. Whoever has one closes it.
 */
final class CacheSide implements Waiter {
    /** What the exchange does. Called on the lane. */
    interface Outcome {
        /** The client gets this, which is the end of all else. */
        void answered(Cached answer);

        /** The wait is over: a target is to be asked. */
        void goesOn();

        /** After a wait, something has been thrown that should not be: the request is lost. */
        void failed(Throwable failure);

        /** {@return whether there is a client to be answered} If not, it ends what is left of the request. */
        boolean hasClient();
    }

    /** What becomes of a target's response. */
    enum Step {
        /** It goes on to the client. */
        PASS,
        /** The client's answer comes from the cache, or is on its way; the attempt is the exchange's no more. */
        TAKEN,
        /** The request is sent again; the attempt is the exchange's no more. */
        REPEAT,
        /** The attempt has ended meanwhile, with a failure. */
        LOST
    }

    /**
     * An answer from the cache.
     *
     * @param admitted what it answers
     * @param body its body; null if it has none
     * @param coming the target's response, if the body is still coming for this client
     */
    record Cached(
            CacheAnswer answer,
            Decision.Admit admitted,
            @Nullable CachedSource body,
            @Nullable Response coming) {
        /** {@return what the target says of a body that is still to come, and may break off; null if all of it is there} */
        @Nullable
        HttpFields said() {
            if (coming != null) {
                return ResponsePath.head(coming);
            }
            BodyReader reader = answer.body();
            return reader != null && !reader.isWhole() ? CachedFields.fields(answer.fields()) : null;
        }
    }

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private final Executor lane;
    private final Outcome outcome;

    private Decision.@Nullable Admit admitted;
    private @Nullable CacheRequest bypassing;
    private List<Field> added = List.of();
    private volatile @Nullable CacheUse use;
    private volatile @Nullable Fill fill;
    private volatile @Nullable Waiting waiting;
    private volatile Scheduler.@Nullable Cancellable patience;
    private volatile @Nullable CachedSource source;
    private volatile @Nullable Unattended storing;

    CacheSide(DataPlane plane, Request request, ClientRequest client, Executor lane, Outcome outcome) {
        this.plane = plane;
        this.request = request;
        this.client = client;
        this.lane = lane;
        this.outcome = outcome;
    }

    private Caching caching() {
        return plane.caching();
    }

    /** {@return what the cache did for the request, null if it was not asked} */
    @Nullable
    CacheUse use() {
        return use;
    }

    /**
     * Asks the cache.
     *
     * @param hasBody whether there is content, declared or not
     * @return whether a target need not be asked, or not yet
     */
    boolean take(Decision.Admit admit, boolean hasBody) {
        CacheOptions options = admit.service().options().cache().orElse(null);
        String method = client.method();
        boolean mayBeStored = HttpMethod.GET.is(method) || HttpMethod.HEAD.is(method);
        if (options == null || client.protocolSwitch() != null || (hasBody && mayBeStored)) {
            return false;
        }
        admitted = admit;
        CacheRequest asked = ForwardedHead.ask(request, client, admit, plane.encoders());
        CacheDecision decision = caching().cache().decide(asked, this, caching().now());
        if (decision instanceof CacheDecision.Bypass bypass) {
            bypassing = asked;
            adds(bypass.added());
        }
        return carryOut(decision);
    }

    private boolean carryOut(CacheDecision decision) {
        if (decision instanceof CacheDecision.Answer answer) {
            revalidate(answer.revalidation());
            answer(answer.answer(), null);
            return true;
        } else if (decision instanceof CacheDecision.Wait wait) {
            await(wait.waiting());
            return true;
        } else if (decision instanceof CacheDecision.Ask ask) {
            fill = ask.fill();
        }
        return false;
    }

    private void adds(List<Field> fields) {
        added = fields;
        for (Field field : fields) {
            if (field.is("X-Cache")) {
                use = switch (field.value()) {
                    case "hit" -> CacheUse.HIT;
                    case "miss" -> CacheUse.MISS;
                    default -> CacheUse.BYPASS;
                };
            }
        }
    }

    private void answer(CacheAnswer found, @Nullable Response coming) {
        ServiceOptions options = requireAdmitted().service().options();
        CacheAnswer answer = CachedCompression.fitting(found, options, plane.encoders(), client, request);
        adds(answer.added());
        BodyReader body = answer.body();
        CachedSource reading = body == null ? null : new CachedSource(body, lane);
        source = reading;
        outcome.answered(new Cached(answer, requireAdmitted(), reading, coming));
    }

    private Decision.Admit requireAdmitted() {
        Decision.Admit known = admitted;
        if (known == null) {
            throw new IllegalStateException("the cache has not been asked");
        }
        return known;
    }

    /** As long as a target may take to answer: nobody waits for longer on account of another's request. */
    private void await(Waiting begun) {
        waiting = begun;
        ServiceOptions options = requireAdmitted().service().options();
        patience = caching().scheduler().schedule(() -> lane.execute(this::waitIsLong), options.responseTimeout());
    }

    private void waitIsLong() {
        Waiting begun = waiting;
        Fill own = begun == null ? null : begun.goAlone(caching().now());
        if (own != null) {
            fill = own;
            goOn(() -> false);
        }
    }

    /** The wait is over. Called by any thread. */
    @Override
    public void released(Supplier<CacheDecision> decision) {
        lane.execute(() -> waited(decision));
    }

    private void waited(Supplier<CacheDecision> decision) {
        goOn(() -> carryOut(decision.get()));
    }

    private void goOn(BooleanSupplier answered) {
        stopWaiting();
        if (!outcome.hasClient()) {
            abandon();
            return;
        }
        try {
            if (!answered.getAsBoolean()) {
                outcome.goesOn();
            }
        } catch (RuntimeException | Error e) {
            outcome.failed(e);
            throw e;
        }
    }

    private void stopWaiting() {
        waiting = null;
        Scheduler.Cancellable timer = patience;
        patience = null;
        if (timer != null) {
            timer.cancel();
        }
    }

    boolean isWaiting() {
        return waiting != null;
    }

    /** {@return whether the request was waiting for another one's response, and does so no more} May be called by any thread. */
    boolean leavesWait() {
        Waiting begun = waiting;
        boolean left = begun != null && begun.leave();
        if (left) {
            stopWaiting();
        }
        return left;
    }

    /** Asks a target whether what has been given is still right. No client waits for that. */
    private void revalidate(@Nullable Fill stale) {
        if (stale == null) {
            return;
        }
        if (!caching().beginsRevalidation()) {
            stale.close(caching().now());
            return;
        }
        Unattended asking =
                Unattended.asking(plane, stale, lane, () -> caching().revalidationEnded());
        Decision.Forward forward = null;
        try {
            Decision decision = plane.engine().decide(client, new Attempts());
            forward = decision instanceof Decision.Forward claimed ? claimed : null;
            if (forward != null) {
                send(asking, stale, forward);
                return;
            }
        } catch (RuntimeException | Error e) {
            if (forward != null) {
                forward.lease().release();
            }
            asking.over();
            throw e;
        }
        asking.over();
    }

    private void send(Unattended asking, Fill stale, Decision.Forward forward) {
        TargetRequest out = plane.newTargetRequest(request, client, forward, RequestIds.next());
        setConditions(stale, out);
        Attempt attempt = new Attempt(asking, forward, out);
        attempt.expectProgress();
        attempt.send(plane.destination(forward.lease().target(), request));
    }

    /** Has a request to a target ask what the cache has to know. */
    void setConditions(TargetRequest out) {
        Fill asking = fill;
        if (asking != null) {
            setConditions(asking, out);
        }
    }

    private static void setConditions(Fill asking, TargetRequest out) {
        List<String> omitted = asking.omitted();
        List<Field> conditions = asking.conditions();
        if (!omitted.isEmpty() || !conditions.isEmpty()) {
            out.headers(fields -> {
                omitted.forEach(fields::remove);
                conditions.forEach(each -> fields.put(each.name(), each.value()));
            });
        }
    }

    /** Tells the head of a target's response. {@return what is to be done with it} */
    Step responded(Attempt current, Response from) {
        CacheRequest unsafe = bypassing;
        if (unsafe != null) {
            caching().cache().forwarded(unsafe, ResponsePath.cacheHead(from));
        }
        Fill asked = fill;
        if (asked == null) {
            return Step.PASS;
        }
        FillStep step = caching().tell(asked, current.forward(), from);
        if (step instanceof FillStep.Pass pass) {
            fill = null;
            asked.close(caching().now());
            adds(pass.added());
            return Step.PASS;
        } else if (step instanceof FillStep.Store store) {
            return store(asked, store.answer(), current, from);
        } else if (!current.handOver(Unattended.dropping(plane, lane))) {
            abandon();
            return Step.LOST;
        } else if (step instanceof FillStep.Answer stored) {
            fill = null;
            asked.close(caching().now());
            answer(stored.answer(), null);
            return Step.TAKEN;
        }
        return Step.REPEAT;
    }

    private Step store(Fill filling, CacheAnswer answer, Attempt current, Response from) {
        Unattended taking = Unattended.storing(plane, filling, lane, () -> answerStoring(answer, from));
        if (!current.handOver(taking)) {
            abandon();
            return Step.LOST;
        }
        storing = taking;
        fill = null;
        return Step.TAKEN;
    }

    private void answerStoring(CacheAnswer answer, Response from) {
        if (outcome.hasClient()) {
            answer(answer, from);
        } else if (answer.body() != null) {
            answer.body().close();
        }
    }

    /** Adds to the head of a target's response what it says of the cache. */
    void addTo(HttpFields.Mutable head) {
        CachedFields.add(added, head);
    }

    /** No target has answered. {@return whether the client gets what is stored instead} */
    boolean failed() {
        Fill asked = fill;
        if (asked == null) {
            return false;
        }
        fill = null;
        FillStep step = asked.failed(caching().now());
        if (step instanceof FillStep.Answer stale) {
            answer(stale.answer(), null);
            return true;
        }
        if (step instanceof FillStep.Pass pass) {
            adds(pass.added());
        }
        return false;
    }

    /** The client has gone. {@return whether its attempt goes on, for others} */
    boolean leavesBehind(Attempt current) {
        Fill asked = fill;
        boolean left = asked != null
                && asked.isWantedByOthers()
                && current.handOver(Unattended.asking(plane, asked, lane, () -> {}));
        if (left) {
            fill = null;
        }
        return left;
    }

    /** The client has gone: an answer that waits for more of its body fails with that. {@return whether there is one} */
    boolean giveUpAnswer(Throwable cause) {
        CachedSource reading = source;
        if (reading != null) {
            reading.giveUp(cause);
        }
        return reading != null;
    }

    /** Gives up the place before others; they ask themselves. */
    void abandon() {
        Fill asked = fill;
        fill = null;
        if (asked != null) {
            asked.close(caching().now());
        }
    }

    /** The request is over; may be called by any thread. */
    void close() {
        leavesWait();
        abandon();
        CachedSource reading = source;
        if (reading != null) {
            reading.close();
        }
        Unattended taking = storing;
        if (taking != null) {
            taking.clientLeaves();
        }
    }
}
