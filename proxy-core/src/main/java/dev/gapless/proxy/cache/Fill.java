package dev.gapless.proxy.cache;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request on its way to a target, whose response may be stored, and for which others may wait. Who was given it forwards the
 * request with its {@linkplain #conditions conditions}, tells it the response, and closes it in the end, whatever happens.
 *
 * <pre>
 *   ask ─► responded ─► Store ─► append, append ... ─► complete ─► close
 *      │           ├──► Pass, Answer ──────────────────────────► close
 *      │           └──► Repeat ─► (ask again)
 *      └─► replaced, tooLong, failed ──────────────────────────► close
 * </pre>
 *
 * <p>Thread-safe; what is told of one response comes in its order.
 */
public final class Fill {
    private enum Stage {
        /** The target has not answered; STORING or OVER may follow. */
        ASKED,
        /** The body is coming, and is kept; OVERFLOWING or OVER may follow. */
        STORING,
        /** The body is too long, and passes; OVER may follow. */
        OVERFLOWING,
        /** All is told. */
        OVER
    }

    private static final Logger LOG = LoggerFactory.getLogger(Fill.class);
    private static final List<String> CONDITIONS = List.of("If-None-Match", "If-Modified-Since");
    private static final List<String> OF_A_CLIENT = List.of("If-None-Match", "If-Modified-Since", "Range", "If-Range");

    private final Fills fills;
    private final @Nullable Object shared;
    private final Miss miss;
    private final CacheRequest request;
    private final long requestTime;
    /** Whether no client is there to be answered. */
    private final boolean background;
    /** Whether the client's conditions are not sent, but judged by what comes. */
    private final boolean judgesConditions;

    // Guarded by this.
    private Stage stage = Stage.ASKED;
    private boolean joinable;
    /** Whether the target has sent what may be stored, or has confirmed what is. */
    private boolean successful;

    private @Nullable StoredResponse validated;
    private @Nullable StoredResponse arriving;
    private @Nullable BodyReader client;
    private @Nullable Overflow overflow;
    private final Set<Waiting> waiting = new LinkedHashSet<>();
    /** Whether nothing is to be stored, whatever comes. */
    private boolean purged;
    /** What has which of these tags is not to be stored. */
    private Set<String> purgedTags = Set.of();

    Fill(Fills fills, @Nullable Object shared, Miss miss, boolean background, long now) {
        this.fills = fills;
        this.shared = shared;
        this.miss = miss;
        this.request = miss.request();
        this.validated = miss.stored();
        this.requestTime = now;
        this.background = background;
        this.judgesConditions = miss.canBeValidated();
        this.joinable = shared != null;
    }

    /** {@return the request} */
    public CacheRequest request() {
        return request;
    }

    /**
     * {@return the names of the client's fields that are not sent} These are its conditions, if the cache asks with conditions of
     * its own, as they are judged by what comes back; and a range, if no client is there to get a part.
     */
    public List<String> omitted() {
        return background ? OF_A_CLIENT : judgesConditions ? CONDITIONS : List.of();
    }

    /** {@return the fields that are sent instead: the validators of what is stored} */
    public synchronized List<Field> conditions() {
        List<Field> conditions = new ArrayList<>(2);
        String tag = validated == null ? null : validated.etag();
        String modified = validated == null ? null : validated.lastModified();
        if (tag != null) {
            conditions.add(new Field("If-None-Match", tag));
        }
        if (modified != null) {
            conditions.add(new Field("If-Modified-Since", modified));
        }
        return conditions;
    }

    /**
     * {@return whether the exchange with the target is to go on though the client of this request has gone} That is so if others
     * wait for it, or its response is being stored, or there was no client to begin with.
     */
    public synchronized boolean isWantedByOthers() {
        return stage == Stage.STORING || (stage == Stage.ASKED && (background || !waiting.isEmpty()));
    }

    /**
     * Tells the head of the response; not those of interim ones.
     *
     * @param head as the target has sent it
     * @param generation the deployment of that target
     * @param now the time
     * @return what is to be done with it
     * @throws IllegalStateException if a response, or the end, has been told before
     */
    public FillStep responded(ResponseHead head, long generation, Instant now) {
        long millis = now.toEpochMilli();
        CacheRequest answered = request.answeredBy(generation);
        StoredResponse old = asked();
        if (head.status() == 304 && old != null && old.hasValidator()) {
            return notModified(head, answered, old, millis);
        }
        if (isFailure(head.status()) && old != null && Reuse.onError(old, answered, miss.control(), millis)) {
            return useStale(answered, old, Reuse::onError, CacheStatus.validated(miss.why(), head.status()), millis);
        }
        return request.isHead() ? headOnly(head, answered, millis) : whole(head, answered, old, millis);
    }

    /**
     * Tells the head of a response that is for the client of the request only, as a file is sent in the place of its body.
     *
     * @param head as the target has sent it
     * @param now the time
     * @return what is to be said of the cache
     * @throws IllegalStateException if a response, or the end, has been told before
     */
    public FillStep.Pass replaced(ResponseHead head, Instant now) {
        return pass(head, Storing.FILE, asked(), now.toEpochMilli());
    }

    /**
     * Tells the head of a response that is longer than its service allows.
     *
     * @param head as the target has sent it
     * @param now the time
     * @return what is to be said of the cache
     * @throws IllegalStateException if a response, or the end, has been told before
     */
    public FillStep.Pass tooLong(ResponseHead head, Instant now) {
        return pass(head, Storing.TOO_LARGE, asked(), now.toEpochMilli());
    }

    /**
     * Tells that there is no response: the target cannot be reached, or has said nothing that makes sense, or nothing in time.
     *
     * @param now the time
     * @return an {@link FillStep.Answer} if what is stored may be used instead; otherwise {@link FillStep.Pass}, for the proxy's
     *     own error
     * @throws IllegalStateException if a response, or the end, has been told before
     */
    public FillStep failed(Instant now) {
        long millis = now.toEpochMilli();
        StoredResponse old = asked();
        if (old != null && Reuse.onSilence(old, request, miss.control(), millis)) {
            return useStale(request, old, Reuse::onSilence, CacheStatus.failed(miss.why()), millis);
        }
        finish(each -> null, millis);
        return new FillStep.Pass(CacheStatus.missed(miss.why()));
    }

    private synchronized @Nullable StoredResponse asked() {
        if (stage != Stage.ASKED) {
            throw new IllegalStateException("a response is told once, and not after the end; the fill is " + stage);
        }
        return validated;
    }

    /** RFC 5861, section 4. */
    private static boolean isFailure(int status) {
        return status == 500 || status == 502 || status == 503 || status == 504;
    }

    private FillStep useStale(
            CacheRequest answered, StoredResponse old, Reuse.Excuse excuse, List<Field> status, long now) {
        CacheAnswer answer = Answers.of(answered, old, status, now);
        finish(each -> each.staleAnswerFrom(old, excuse, now), now);
        return new FillStep.Answer(answer);
    }

    private FillStep notModified(ResponseHead head, CacheRequest answered, StoredResponse old, long now) {
        if (!Conditions.confirms(head, old)) {
            // The target has changed its mind: what it says is right is not what is stored.
            fills.entries().remove(old);
            validateNothing();
            return new FillStep.Repeat();
        }
        StoredResponse fresh = old.freshened(head, answered, requestTime, now);
        Storing verdict = Storing.ofUpdate(answered, head, fresh);
        updateOrForget(verdict, old, fresh, () -> update(head, answered, old, fresh, now), now);
        finish(each -> verdict == Storing.ALLOWED ? each.answerFrom(fresh, now) : null, now);
        CacheAnswer answer = Answers.of(answered, fresh, CacheStatus.validated(miss.why(), 304), now);
        return new FillStep.Answer(answer.saying(fresh.saidToOneClient(head)));
    }

    /** What is said to one client leaves what others get as it was. */
    private void updateOrForget(Storing verdict, StoredResponse old, StoredResponse fresh, Runnable update, long now) {
        if (verdict == Storing.ALLOWED) {
            keep(fresh, update);
            return;
        }
        if (!verdict.isForOneClient()) {
            fills.entries().remove(old);
        }
        if (request.isGet()) {
            remember(verdict, now);
        }
    }

    /** The one that was validated, and all others that the request selects and that have the same strong tag (section 4.3.4). */
    private void update(ResponseHead head, CacheRequest answered, StoredResponse old, StoredResponse fresh, long now) {
        String tag = head.first("ETag");
        Selection selection = new Selection(request);
        selection.selects(old); // Reads the request before others wait for the key.
        fills.entries()
                .confirm(
                        old,
                        fresh,
                        each -> EntityTags.matchStrongly(tag, each.etag()) && selection.selects(each),
                        each -> updated(each, head, answered, now));
    }

    private StoredResponse updated(StoredResponse each, ResponseHead head, CacheRequest answered, long now) {
        StoredResponse fresh = each.freshened(head, answered, requestTime, now);
        return Storing.ofUpdate(answered, head, fresh) == Storing.ALLOWED ? fresh : each;
    }

    /** RFC 9111, section 4.3.5: what the head says differs from what is stored means that this is not right any more. */
    private FillStep headOnly(ResponseHead head, CacheRequest answered, long now) {
        Variants variants = fills.entries().get(request.key());
        StoredResponse stored = variants == null ? null : variants.select(answered);
        if (stored != null && concernsAll(head)) {
            compare(head, answered, stored, now);
        }
        finish(each -> null, now);
        return new FillStep.Pass(CacheStatus.missed(miss.why()));
    }

    private void compare(ResponseHead head, CacheRequest answered, StoredResponse stored, long now) {
        if (!Conditions.sameRepresentation(head, stored)) {
            fills.entries().remove(stored);
        } else if (speaksOf(stored, head, answered)) {
            StoredResponse fresh = stored.freshened(head, answered, requestTime, now);
            Storing verdict = Storing.ofUpdate(answered, head, fresh);
            updateOrForget(verdict, stored, fresh, () -> fills.entries().replace(stored, fresh), now);
        }
    }

    /** Whether a response speaks of the resource, and not of one request: of its condition, its credentials, or its rate. */
    private boolean concernsAll(ResponseHead head) {
        if (CacheControl.of(head, request.options().targetedFields()).isForClientOf(request)) {
            return false;
        }
        return switch (head.status()) {
            case 206, 304 -> false;
            case 401, 403, 404, 410, 451 -> true;
            default -> head.status() < 400;
        };
    }

    /** Another deployment may have another body, of the same length even: it has to name the same. */
    private static boolean speaksOf(StoredResponse stored, ResponseHead head, CacheRequest answered) {
        return Reuse.isOfGeneration(stored, answered) || head.hasValidator();
    }

    private FillStep whole(ResponseHead head, CacheRequest answered, @Nullable StoredResponse old, long now) {
        Storing verdict = Storing.of(answered, head, requestTime, now);
        long declared = declaredLength(head);
        CachedBody body = null;
        if (verdict == Storing.ALLOWED) {
            long most =
                    Math.min(fills.limits().maxObjectBytes(), request.options().maxObjectBytes());
            body = new CachedBody(fills.budget(), fills.memory(), declared < 0 ? most : declared, declared);
            verdict = declared > most ? Storing.TOO_LARGE : verdict;
            verdict = verdict == Storing.ALLOWED && declared > 0 && !body.reserve() ? Storing.NO_ROOM : verdict;
        }
        return body == null || verdict != Storing.ALLOWED
                ? pass(head, verdict, old, now)
                : store(head, StoredResponse.of(answered, head, body, requestTime, now), now);
    }

    /** Negative if it is not known. */
    private static long declaredLength(ResponseHead head) {
        return head.status() == 204 || head.status() == 205 ? 0 : FieldValues.length(head.first("Content-Length"));
    }

    private FillStep.Pass pass(ResponseHead head, Storing verdict, @Nullable StoredResponse old, long now) {
        if (old != null && concernsAll(head)) {
            // RFC 9111, section 4.3.3: this is the response now.
            fills.entries().remove(old);
        }
        if (head.status() < 500 && head.status() != 206 && head.status() != 304) {
            remember(verdict, now);
        }
        finish(each -> null, now);
        return new FillStep.Pass(CacheStatus.notStored(miss.why(), verdict));
    }

    /** For a while nobody waits in vain again, if the next response is likely not to be stored either, nor validates in vain. */
    private void remember(Storing verdict, long now) {
        if (verdict != Storing.NO_ROOM && verdict != Storing.AUTHORIZATION) {
            fills.unshare(request.key(), now);
        } else if (background) {
            fills.leaveUnconfirmed(request.key(), now);
        }
    }

    private FillStep store(ResponseHead head, StoredResponse response, long now) {
        boolean lengthKnown = response.body().totalLength() >= 0;
        CacheAnswer answer = clientAnswer(head, response, now);
        List<Waiting> released;
        boolean closed;
        synchronized (this) {
            closed = stage == Stage.OVER;
            if (!closed) {
                stage = Stage.STORING;
                arriving = response;
                client = background ? null : answer.body();
            }
            released = lengthKnown || closed ? takeWaiting() : List.of();
        }
        if (closed) {
            response.body().cut();
        } else {
            fills.share(request.key());
        }
        release(released, each -> closed ? null : each.answerFrom(response, now), now);
        return new FillStep.Store(answer);
    }

    /** The client's conditions were not sent if there were conditions of the cache's own, so that they are judged here. */
    private CacheAnswer clientAnswer(ResponseHead head, StoredResponse response, long now) {
        if (judgesConditions && Conditions.notModified(request.head(), response, now)) {
            return Answers.of(request, response, CacheStatus.stored(miss.why()), now);
        }
        return new CacheAnswer(
                head.status(), head.fields(), CacheStatus.stored(miss.why()), response, BodyReader.of(response.body()));
    }

    /**
     * Tells some of the body. All of it is taken, or dropped if nobody wants it any more.
     *
     * @param bytes the next bytes; consumed
     * @param room told when more may be told, if this returns false
     * @return whether more may be told at once; always so as long as the response is being stored
     */
    public boolean append(ByteBuffer bytes, Runnable room) {
        Overflow rest;
        StoredResponse response;
        synchronized (this) {
            rest = overflow;
            response = stage == Stage.STORING ? arriving : null;
        }
        if (rest == null && response != null) {
            if (response.body().append(bytes)) {
                return true;
            }
            rest = overflow(response);
        }
        if (rest == null) {
            bytes.position(bytes.limit());
            return true;
        }
        return rest.append(bytes, room);
    }

    /** More has come than is kept: only the client of this request gets it. */
    private @Nullable Overflow overflow(StoredResponse response) {
        long now = response.freshness().responseTime();
        unjoin();
        if (response.body().totalLength() >= 0) {
            // More than was declared.
            response.body().cut();
            finish(each -> null, now);
            return null;
        }
        Overflow rest = response.body().overflow();
        List<Waiting> released;
        StoredResponse old;
        synchronized (this) {
            stage = Stage.OVERFLOWING;
            overflow = rest;
            old = validated;
            released = takeWaiting();
            if (rest != null && (client == null || client.isClosed())) {
                rest.close();
            }
        }
        if (old != null) {
            fills.entries().remove(old);
        }
        fills.unshare(request.key(), now);
        release(released, each -> null, now);
        return rest;
    }

    /**
     * Tells that the body has come to its end. If it is whole it is stored, unless it was purged meanwhile.
     *
     * @param now the time
     */
    public void complete(Instant now) {
        Overflow rest;
        StoredResponse response;
        synchronized (this) {
            rest = overflow;
            response = stage == Stage.STORING ? arriving : null;
        }
        if (rest != null) {
            rest.end();
        }
        if (response != null && response.body().end()) {
            StoredResponse whole = response.whole();
            keep(whole, () -> fills.entries().add(whole));
            finish(each -> each.answerFrom(whole, now.toEpochMilli()), now.toEpochMilli());
        } else {
            finish(each -> null, now.toEpochMilli());
        }
    }

    /**
     * Ends the fill: what has not come will not come. Readers of the body are told that it was cut, who waits is let go, and
     * nothing is stored. After the end it does nothing.
     *
     * @param now the time
     */
    public void close(Instant now) {
        Overflow rest;
        StoredResponse response;
        synchronized (this) {
            rest = overflow;
            response = stage == Stage.OVER ? null : arriving;
        }
        if (response != null) {
            unjoin();
            response.body().cut();
        }
        if (rest != null) {
            rest.cut();
        }
        finish(each -> null, now.toEpochMilli());
    }

    /** Changes the store, unless the response was purged since it was asked for; a purge that comes now waits for that. */
    private synchronized void keep(StoredResponse response, Runnable change) {
        successful = true;
        if (stage != Stage.OVER && !purged && Collections.disjoint(response.tags(), purgedTags)) {
            change.run();
        }
    }

    synchronized @Nullable StoredResponse validated() {
        return validated;
    }

    /** Has the target asked for all of it, as if nothing were stored. */
    synchronized void validateNothing() {
        validated = null;
    }

    /** Takes a request in that wants the same. Null if it does not fit, or comes too late, or too many wait. */
    @Nullable
    CacheDecision join(Miss other, Waiter waiter, long now) {
        StoredResponse response;
        synchronized (this) {
            response = arriving;
            boolean waits =
                    stage == Stage.ASKED || (response != null && response.body().totalLength() < 0);
            if (!joinable || (waits && !fills.mayWait())) {
                return null;
            }
            if (waits) {
                Waiting wait = new Waiting(this, other, waiter);
                waiting.add(wait);
                return new CacheDecision.Wait(wait);
            }
        }
        CacheAnswer answer = response == null ? null : other.answerFrom(response, now);
        return answer == null ? null : new CacheDecision.Answer(answer, null);
    }

    /** Ends the fill before the target is asked: there is a response by now, for those who have joined as well. */
    void settle(StoredResponse response, long now) {
        synchronized (this) {
            successful = true;
        }
        finish(each -> each.answerFrom(response, now), now);
    }

    synchronized boolean leave(Waiting leaving) {
        boolean waited = waiting.remove(leaving);
        fills.waited(waited ? 1 : 0);
        return waited;
    }

    /** Has the response not stored, and not given to those who come from now on. */
    void purge() {
        synchronized (this) {
            purged = true;
        }
        unjoin();
    }

    /** Has the response not stored, and not given to those who come from now on, if it has, or may come to have, a tag. */
    void purge(String tag) {
        synchronized (this) {
            if (arriving != null && !arriving.tags().contains(tag)) {
                return;
            }
            purgedTags = purgedTags.isEmpty() ? new HashSet<>() : purgedTags;
            purgedTags.add(tag);
        }
        unjoin();
    }

    /** Nobody joins any more. */
    private void unjoin() {
        synchronized (this) {
            joinable = false;
        }
        fills.close(this, shared);
    }

    Fills fills() {
        return fills;
    }

    private List<Waiting> takeWaiting() {
        List<Waiting> taken = List.copyOf(waiting);
        waiting.clear();
        fills.waited(taken.size());
        return taken;
    }

    private void finish(Function<Miss, @Nullable CacheAnswer> answers, long now) {
        List<Waiting> released;
        boolean inVain;
        synchronized (this) {
            inVain = background && stage != Stage.OVER && !successful;
            stage = Stage.OVER;
            joinable = false;
            released = takeWaiting();
        }
        fills.close(this, shared);
        fills.ended(this);
        if (inVain) {
            fills.leaveUnconfirmed(request.key(), now);
        }
        release(released, answers, now);
    }

    /** Who gets no answer asks on its own: all at once, as if they had not waited. */
    private void release(List<Waiting> released, Function<Miss, @Nullable CacheAnswer> answers, long now) {
        for (Waiting each : released) {
            Miss waited = each.miss();
            try {
                each.waiter().released(() -> decision(waited, answers.apply(waited), now));
            } catch (RuntimeException e) {
                LOG.warn("a request that waited for another one has thrown", e);
            }
        }
    }

    private CacheDecision decision(Miss waited, @Nullable CacheAnswer answer, long now) {
        return answer == null
                ? new CacheDecision.Ask(fills.alone(waited.unconditional(), now))
                : new CacheDecision.Answer(answer, null);
    }
}
