package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.ErrorPages;
import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.buffer.BufferException;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.Service;
import dev.gapless.proxy.engine.Target;
import java.io.EOFException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole life of a client's request: decided on, forwarded (more than once, if a try fails that may be repeated),
 * answered, and reported.
 *
 * <pre>
 *   decide ─► Respond, Redirect ──────────────────────────────► answer ─► finish
 *   ▲ ▲ ▲└──► Forward ─► Attempt ─► head ─► ResponseRelay ─► relayed ────►┤
 *   │ │ │                  │ └─► 101 ─► Tunnel ─► report                  │
 *   │ │ └─── may repeat ◄──┘ failed before the head ─► error answer ──────┤
 *   │ └──────► Wait ─► HeldRequest ─► refused ─► error answer ────────────┤
 *   └────────► Admit ─► RequestBody ─► too long, no space ─► error answer ┤
 *                └────► CacheSide ─► answered ─► ResponseRelay ─► relayed ┘
 * </pre>
 *
 * <p>A request whose body is still to come is only admitted at first, unless a target has been tried already. If the service
 * wants the body whole, the decision on who gets it is made when it is: until then no target waits for the client.
 *
 * <p>A file may be the answer: a static one, in the place of a target's, or one that a target has named, in the place of its
 * body. Files are found and read on other threads, and sent by a {@link ResponseRelay}, too.
 *
 * <p>Its events come from the client's side and the target's, mostly on one thread, the lane's, but a timeout or a drain may
 * meet them on another. They meet in {@link Attempt#abort}, whose end is reported once, in {@link HeldRequest#end} and in
 * {@link #finish}.
 */
final class Exchange
        implements Preliminary.Outcome,
                ResponsePath.Outcome,
                HeldRequest.Outcome,
                RequestBody.Outcome,
                ClientWatch.Listener,
                CacheSide.Outcome,
                FileSide.Outcome,
                Attempt.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private final Response response;
    private final Callback callback;
    private final AtomicBoolean answered = new AtomicBoolean();
    private final AtomicBoolean finished = new AtomicBoolean();
    /** The request goes on once its body is there; whoever sets this to false sees to that. */
    private final AtomicBoolean awaitingBody = new AtomicBoolean();

    private final Repetition repetition;
    private final RequestReport report;
    private final Executor lane;
    private final ResponsePath responsePath;
    private final CacheSide cache;
    private final FileSide files;
    private final BodySide body;
    private final Runnable endOfWatch;
    private volatile @Nullable Attempt attempt;
    /** The one whose response the cache has taken. */
    private volatile @Nullable Attempt taken;

    /** The body of an answer that is not a target's: what is cached, or a file. */
    private volatile @Nullable ResponseRelay ownBody;

    private volatile @Nullable ClientWatch watch;
    private volatile @Nullable Preliminary preliminary;
    private volatile @Nullable HeldRequest held;
    private volatile @Nullable Throwable clientGone;
    private volatile @Nullable Throwable responseGivenUp;
    private volatile boolean relayed;
    private volatile boolean attemptOver;
    private @Nullable Service service;

    Exchange(DataPlane plane, Request request, Response response, Callback callback) {
        this.plane = plane;
        this.request = request;
        this.client = new ClientRequest(request);
        this.response = response;
        this.callback = callback;
        this.repetition = new Repetition(plane, request, client);
        this.report = new RequestReport(plane, request, client);
        this.lane = plane.lane(request);
        this.responsePath = new ResponsePath(plane, request, client, response, lane, this);
        this.cache = new CacheSide(plane, request, client, lane, this);
        this.files = new FileSide(plane, request, client, lane, this);
        this.body = new BodySide(plane, request, client, lane, this);
        this.endOfWatch = ConnectionLoss.watch(request, lane, this::connectionLost);
    }

    private void setService(@Nullable Service routedTo) {
        service = routedTo;
        report.service(routedTo);
    }

    void start() {
        request.addFailureListener(this::clientLeft);
        // A client that waits for a slow target is not idle.
        request.addIdleTimeoutListener(timeout -> false);
        DirectedRequest directed = client.directed();
        if (directed == null) {
            decide();
        } else {
            settle(directed.first());
        }
    }

    private void settle(Preliminary next) {
        preliminary = next;
        watchHeldClient();
        next.begin(this);
        Throwable gone = clientGone;
        if (gone != null && next.end()) {
            finishLost(gone); // It had left before there was a wait to end.
        }
    }

    /** Answers a request that no service gets to see. */
    void refuse(int code) {
        answerAndClose(FailureAnswer.ofRefusal(code));
    }

    /** Answers who wants to see that the host is the proxy's. */
    void prove(String proof) {
        answer(HttpStatus.OK_200).proof(proof);
    }

    private void decide() {
        if (attempt != null) {
            choose();
        } else if (body.isWhole() && !isToBeSettled()) {
            carryOut(plane.engine().decideAtFirst(client, repetition.attempts()));
        } else {
            carryOut(plane.engine().admit(client));
        }
    }

    private boolean isToBeSettled() {
        DirectedRequest directed = client.directed();
        return directed != null && directed.isToBeSettled();
    }

    /** Decides on the target, too. */
    private void choose() {
        carryOut(plane.engine().decide(client, repetition.attempts()));
    }

    private void carryOut(Decision decision) {
        if (decision instanceof Decision.Forward forward) {
            forward(forward);
        } else if (decision instanceof Decision.Admit admit) {
            admit(admit);
        } else if (decision instanceof Decision.Redirect redirect) {
            setService(redirect.service());
            answer(HttpStatus.MOVED_PERMANENTLY_301).redirect(redirect.location());
        } else if (decision instanceof Decision.Wait wait) {
            hold(wait.service());
        } else if (decision instanceof Decision.Alive alive) {
            setService(alive.service());
            answer(HttpStatus.OK_200).alive();
        } else if (decision instanceof Decision.Respond respond) {
            respond(respond);
        }
    }

    private void respond(Decision.Respond respond) {
        setService(respond.service() == null ? service : respond.service());
        if (respond.reason() == Decision.Reason.NO_HEALTHY_TARGET && cache.failed()) {
            return;
        } else if (repetition.attempts().count() > 0 && respond.reason() == Decision.Reason.NO_HEALTHY_TARGET) {
            answer(HttpStatus.BAD_GATEWAY_502, "No target of the service accepts connections.");
        } else {
            answer(respond.reason().status(), respond.reason().text(), respond.message());
        }
    }

    /** The request may be forwarded. Its body is taken in first if the service wants it whole, and else goes on as it comes. */
    private void admit(Decision.Admit admit) {
        Service to = admit.service();
        setService(to);
        DirectedRequest directed = client.directed();
        Preliminary next = directed == null ? null : directed.beforeForwarding(to);
        if (next != null) {
            settle(next);
            return;
        }
        if (!body.keepsTo(to)) {
            answerAndClose(FailureAnswer.TOO_LARGE);
        } else if (!body.isWhole() && body.isWantedWhole(to)) {
            awaitBody(to);
        } else {
            lookForFile(admit);
        }
    }

    private void awaitBody(Service to) {
        awaitingBody.set(true);
        body.receive(to);
        if (body.isWhole()) {
            received();
        } else if (body.failure() != null) {
            receiveFailed();
        } else if (held != null) {
            held.stepAside();
        }
    }

    /** A file that is there answers the request, else what is cached or a target does. */
    private void lookForFile(Decision.Admit admit) {
        if (!files.find(admit)) {
            askCache(admit);
        }
    }

    @Override
    public void notFound(Decision.Admit admit) {
        guarded(() -> askCache(admit));
    }

    @Override
    public void found(FileAnswer found) {
        guarded(() -> {
            attemptOver = true;
            leaveQueue();
            responsePath.begin(found, headers(service));
            send(found);
        });
    }

    @Override
    public boolean isOver() {
        return finished.get();
    }

    /** Sends the file that a target has named, in the place of its body. */
    @Override
    public void opened(Attempt current, FileAnswer opened) {
        guarded(() -> {
            responsePath.begin(opened, current.forward());
            cache.addTo(response.getHeaders());
            send(opened);
        });
    }

    @Override
    public void refused(Attempt current, int code) {
        guarded(() -> {
            boolean over = attemptOver;
            FailureAnswer answer = FailureAnswer.ofFile(code);
            answer(answer.status(), answer.text());
            if (!over) {
                current.abort(new Attempt.ReplacedException());
            }
        });
    }

    /** Sends a file whose head is set. */
    private void send(FileAnswer answer) {
        closeWhereNothingFollows();
        ResponseRelay relay = responsePath.open(bodies(service), answer);
        report.responseBegun(answer.status());
        ownBody = relay;
        relay.begin();
    }

    /** What is cached answers the request, at once or once another request has brought it, else a target does. */
    private void askCache(Decision.Admit admit) {
        boolean takes = cache.take(admit, body.exists());
        report.cached(cache.use());
        if (cache.isWaiting()) {
            watchClient();
        }
        if (!takes) {
            choose();
        }
    }

    private void hold(Service closed) {
        setService(closed);
        cache.abandon();
        if (body.keepsTo(closed)) {
            waitAtGate(closed);
        } else {
            answerAndClose(FailureAnswer.TOO_LARGE);
        }
    }

    private void waitAtGate(Service closed) {
        HeldRequest waiting = held;
        if (waiting == null) {
            waiting = new HeldRequest(plane, request, nanoTime(), body.declaredBytes(), this);
            waiting.taken(body.bytes());
            held = waiting;
        }
        waiting.begin();
        if (!body.isEnded() && !body.waitsToBeAsked()) {
            body.receive(closed); // Which also tells when the client leaves, if it is the client's.
        }
        watchHeldClient();
        waiting.waitAt(closed);
        // Last, as the request may have gone on meanwhile, on another thread.
        Throwable gone = clientGone;
        if (finished.get()) {
            waiting.leave();
        } else if (gone != null && waiting.end()) {
            finishLost(gone);
        }
    }

    /** The service is open again. */
    @Override
    public void goOn() {
        ClientWatch watching = watch;
        if (watching != null && !body.isEnded()) {
            watch = null; // The body is still to come over the connection that was watched.
            watching.stop(this::admitted);
        } else {
            admitted();
        }
    }

    private void admitted() {
        guarded(this::decide);
    }

    /** Goes on with a request, unless its client has left meanwhile. */
    private void guarded(Runnable step) {
        Throwable gone = clientGone;
        if (gone != null) {
            finishLost(gone);
            return;
        }
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            // Nobody else would end it here, and its place among those released would be lost for ever.
            report.answered(HttpStatus.INTERNAL_SERVER_ERROR_500);
            report.failed(e);
            end(e);
        }
    }

    @Override
    public void refused(Decision.Respond answer) {
        respond(answer);
    }

    @Override
    public void refused(FailureAnswer answer) {
        answerAndClose(answer);
    }

    @Override
    public void answered(FilterDecision.Answer given) {
        answer(given.status()).given(given);
    }

    @Override
    public void overdue() {
        Attempt current = attempt;
        if (endWait()) {
            answerAndClose(FailureAnswer.ofTarget(new Attempt.ResponseTimeoutException()));
        } else if (current != null) {
            current.timeOver();
        }
    }

    /** Ends whatever wait is under way, but that for a target. {@return whether one was} */
    private boolean endWait() {
        Preliminary first = preliminary;
        HeldRequest waiting = held;
        return awaitingBody.compareAndSet(true, false)
                || cache.leavesWait()
                || (waiting != null && waiting.end())
                || (first != null && first.end());
    }

    @Override
    public void bodyCame(int bytes) {
        HeldRequest waiting = held;
        if (waiting != null) {
            waiting.taken(bytes);
        }
    }

    /** The client has sent all it will, and so is watched for leaving. */
    @Override
    public void bodyEnded() {
        watchClient();
    }

    /** All of the body is there. A request that is held goes on when it is released. */
    @Override
    public void received() {
        if (awaitingBody.compareAndSet(true, false)) {
            admitted();
        }
    }

    /** The body cannot be received: its client has left or sends something else, it is too long, or there is no space for it. */
    @Override
    public void receiveFailed() {
        HeldRequest waiting = held;
        boolean mine = awaitingBody.compareAndSet(true, false) || (waiting != null && waiting.end());
        if (mine) {
            bodyFailed(body.failure());
        }
    }

    private void forward(Decision.Forward forward) {
        setService(forward.service());
        if (body.isTooLong(forward.service())) {
            forward.lease().release();
            answerAndClose(FailureAnswer.TOO_LARGE);
            return;
        }
        HttpDestination destination = destination(forward.lease().target());
        if (destination == null) {
            forward.lease().release();
            answerFailure(new Attempt.SwitchException("the target speaks HTTP/2 only, in which there are no upgrades"));
            return;
        }
        Attempt failed = attempt;
        if (failed != null) {
            report.retried(failed);
        }
        TargetRequest out = plane.newTargetRequest(request, client, forward, report.requestId());
        cache.setConditions(out);
        Attempt next = new Attempt(this, forward, out);
        body.send(out, next, repetition);
        attempt = next;
        attemptOver = false;
        next.expectProgress(); // A connection to the target may be slow to come, too.
        watchClient();
        next.send(destination);
        Throwable gone = clientGone;
        if (gone != null) {
            next.abort(gone);
        }
    }

    /** {@return the connections to the target for this request, null if the target cannot do what the client asks for} */
    private @Nullable HttpDestination destination(Target target) {
        return client.protocolSwitch() == null
                ? plane.destination(target, request)
                : plane.tunnelDestination(target, request);
    }

    private void watchClient() {
        if (body.isEnded() || body.isOfHost()) {
            startWatch();
        }
    }

    /** A client that waits to be asked for its body is silent, too, as long as it is there. */
    private void watchHeldClient() {
        if (body.isEnded() || body.waitsToBeAsked() || body.isOfHost()) {
            startWatch();
            ClientWatch watching = watch;
            if (watching != null && watching.isOverFull()) {
                watchIsFull(); // Since a target was tried, as what is held is refused at once.
            }
        }
    }

    private void startWatch() {
        if (watch == null && !finished.get()) {
            watch = ClientWatch.of(request.getConnectionMetaData().getConnection(), LanedRequest.laneOf(request), this);
            if (watch != null) {
                watch.start();
            }
        }
    }

    /** The connection has been given back; the request may have gone on meanwhile. */
    private void receiveHeld(Service closed) {
        HeldRequest waiting = held;
        if (waiting != null && waiting.isWaiting()) {
            body.receive(closed);
        }
    }

    /** Goes on once the connection is not touched any more. */
    private void stopWatch(Runnable then) {
        endOfWatch.run();
        ClientWatch watching = watch;
        if (watching == null) {
            then.run();
        } else {
            watching.stop(then);
        }
    }

    @Override
    public void clientLeft() {
        clientLeft(new ClientLeftException());
    }

    /** What a client sends that is not watched any more must not keep it from leaving the queue. */
    @Override
    public void watchIsFull() {
        HeldRequest waiting = held;
        ClientWatch watching = watch;
        if (waiting == null || watching == null || !waiting.isWaiting() || body.isOfHost()) {
            return;
        }
        Service closed = service;
        if (closed != null && !body.isEnded()) {
            watch = null; // It is the body, which the client does not wait to be asked for.
            watching.stop(() -> receiveHeld(closed));
        } else if (waiting.end()) {
            watching.drop();
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
            respond(new Decision.Respond(Decision.Reason.TOO_MANY_HELD, service, ""));
        }
    }

    private void connectionLost() {
        if (!finished.get()) {
            clientLeft();
        }
    }

    private void clientLeft(Throwable cause) {
        clientGone = cause;
        Attempt current = attempt;
        if (endWait()) {
            finishLost(cause);
            return;
        }
        if (current != null && cache.leavesBehind(current)) {
            taken = current;
            attempt = null;
            finishLost(cause);
            return;
        } else if (current != null) {
            current.abort(cause);
        }
        cache.giveUpAnswer(cause);
        RevisedResponse.giveUp(response, cause);
        if (attemptOver && !client.isHttp1()) {
            // Nothing can be written to a stream that was reset, and its last write may stay unanswered.
            finishLost(cause);
        }
    }

    @Override
    public void interimResponse(Attempt current, int interim, HttpFields fields) {
        ResponseHead.interim(interim, fields, current.forward().service().options(), response);
    }

    @Override
    public @Nullable Throwable flaw(Attempt current, org.eclipse.jetty.client.Response from) {
        boolean early = from.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101 && body.exists() && !current.isTaken();
        return early
                ? new Attempt.SwitchException("the target has switched protocols before the end of the request")
                : ProtocolSwitch.flaw(client.protocolSwitch(), from);
    }

    @Override
    public void responseBegun(Attempt current, org.eclipse.jetty.client.Response from) {
        plane.engine().attemptEnded(current.lease(), HttpStatus.isServerError(from.getStatus()));
        report.responseBegun(from.getStatus());
        CacheSide.Step step = cache.responded(current, from);
        report.cached(cache.use());
        if (step != CacheSide.Step.REPEAT) {
            leaveQueue(); // A long download, or a stream of events, must not keep the others waiting.
        }
        if (step == CacheSide.Step.PASS) {
            pass(current, from);
        } else if (step != CacheSide.Step.LOST) {
            taken = current;
            attempt = null;
            if (step == CacheSide.Step.REPEAT) {
                choose();
            }
        }
    }

    private void pass(Attempt current, org.eclipse.jetty.client.Response from) {
        if (!NamedFile.replaces(current.forward(), from)) {
            responsePath.begin(current.forward(), from);
            cache.addTo(response.getHeaders());
        }
        if (current.isSent()) {
            body.forget(); // Nothing is repeated from here on.
        }
        closeWhereNothingFollows();
    }

    private void closeWhereNothingFollows() {
        if (client.isHttp1() && (client.closes() || !body.isEnded())) {
            // The rest of the request may never be read, so nothing can follow it on this connection. And the server
            // forgets what its client has asked for when the head is larger than its first buffer.
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
    }

    @Override
    public boolean hasClient() {
        Throwable gone = clientGone;
        if (gone != null && !finished.get()) {
            finishLost(gone);
        }
        return !finished.get();
    }

    @Override
    public void goesOn() {
        choose();
    }

    @Override
    public void failed(Throwable failure) {
        finishLost(failure);
    }

    /** The cache has the answer, or the beginning of it. */
    @Override
    public void answered(CacheSide.Cached cached) {
        leaveQueue();
        report.cached(cache.use());
        report.responseBegun(cached.answer().status());
        attemptOver = true;
        responsePath.begin(cached);
        closeWhereNothingFollows();
        ResponseRelay relay = responsePath.open(cached);
        ownBody = relay;
        relay.begin();
        if (!relayed) {
            watchClient(); // The body is still to come, or the client takes its time.
        }
    }

    /** The target has left HTTP, and so does the client as soon as it has been told. */
    @Override
    public void switched(Attempt current, org.eclipse.jetty.client.Response from) {
        ProtocolSwitch granted = client.protocolSwitch();
        EndPoint target = Objects.requireNonNull(TargetRequest.connection(from));
        if (granted == null || !finished.compareAndSet(false, true)) {
            Attempt.leave(target);
            current.lease().release();
            return;
        }
        report.answered(granted.grantedStatus());
        response.setStatus(granted.grantedStatus());
        granted.grant(from.getHeaders(), response.getHeaders());
        Tunnel tunnel = newTunnel(current, granted, target);
        current.becomes(tunnel);
        tunnel.takeTarget();
        try {
            request.setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, tunnel.clientEnd());
            request.addHttpStreamWrapper(stream -> new TunnelStream(stream, tunnel, granted.grantedStatus()));
        } catch (RuntimeException e) {
            tunnel.end(e); // There is nothing to wrap any more: the client has left.
        }
        release();
        stopWatch(callback::succeeded);
    }

    private Tunnel newTunnel(Attempt current, ProtocolSwitch granted, EndPoint target) {
        RequestReport.Ending ending = report.ending(current, held, response);
        Tunnel.Outcome outcome = (tunnel, cause) -> {
            if (cause != null) {
                report.failed(cause);
            }
            ending.tell(tunnel.bytesToTarget(), tunnel.bytesToClient());
            current.lease().release();
            plane.ended(request);
        };
        return new Tunnel(plane, current.forward(), granted, request, target, outcome);
    }

    @Override
    public TargetBody take(Attempt current, Content.Source source, org.eclipse.jetty.client.Response from) {
        return files.replace(current, from)
                ? new DiscardedBody(source, () -> current.abort(new Attempt.ReplacedException()))
                : responsePath.open(current.forward().service().options(), source, from);
    }

    @Override
    public void clientTooSlow() {
        if (!finished.get()) {
            relayFailed(new TimeoutException("the client takes the response too slowly"), false);
        }
    }

    /** The target is free, and need not take the rest of the request. */
    @Override
    public void responseWhole() {
        Attempt current = attempt;
        if (current != null && !attemptOver && body.exists() && !current.isTaken()) {
            current.abort(new EarlyResponseException());
        }
    }

    @Override
    public void relayed() {
        relayed = true;
        Attempt current = attempt;
        if (current != null && files.replaces() && !attemptOver) {
            current.abort(new Attempt.ReplacedException());
        }
        if (current == null || attemptOver || files.replaces() || current.isSent()) {
            finish();
        } else {
            // The target has answered without waiting for the whole request: it will not get the rest.
            current.abort(new EarlyResponseException());
        }
    }

    @Override
    public void relayFailed(Throwable cause, boolean bySource) {
        boolean found = cause instanceof BodyTooLongException
                || cause instanceof BufferException
                || cause instanceof FileSource.BrokenException
                || cause instanceof HostCodeException
                || cause instanceof ClosedSource.ResetException
                || cause instanceof CompressingSource.EncodingException;
        if (cause instanceof RevisedResponse.SupersededException) {
            return; // By the answer that is on its way.
        }
        if (found) {
            giveUpResponse(cause);
            return;
        }
        if (bySource && ownBody == null) {
            return; // The attempt ends with the same failure.
        } else if (bySource && clientGone == null) {
            responseBroke(cause);
            return;
        }
        clientLeft(cause);
        if (attemptOver) {
            finishLost(cause);
        }
    }

    /** The client library knows of no failure, but the proxy cannot pass on what the target said. */
    private void giveUpResponse(Throwable cause) {
        responseGivenUp = cause;
        Attempt current = attempt;
        if (attemptOver || current == null) {
            responseBroke(cause);
        } else {
            current.abort(cause);
        }
    }

    @Override
    public void attemptEnded(Attempt ended, @Nullable Throwable cause) {
        attemptOver = true;
        if (cause != null && isFailureOfTarget(ended, cause)) {
            plane.engine().attemptEnded(ended.lease(), true);
        }
        if (relayed && !files.replaces()) {
            finish();
        } else if (clientGone != null) {
            finishLost(clientGone);
        } else if (responseGivenUp != null) {
            responseBroke(responseGivenUp);
        } else if (cause == null || files.replaces() || ended.isResponseEnded()) {
            return; // The relay still writes.
        } else if (body.failure() != null) {
            bodyFailed(body.failure());
        } else if (ended.isResponseBegun()) {
            responseBroke(cause);
        } else if (repetition.mayFollow(ended, cause, body)) {
            report.failed(cause); // Stands if no target is left.
            choose();
        } else {
            answerFailure(cause);
        }
    }

    /** Whether the target is to blame that no response has begun: it was not reached, broke off, or took too long. */
    private boolean isFailureOfTarget(Attempt ended, Throwable cause) {
        boolean ours = cause instanceof Attempt.CutByDrainException
                || cause instanceof Attempt.HeadTooLongException
                || cause instanceof RejectedExecutionException
                || (ended.isBegun() && ended.isUnprocessed(cause));
        boolean clients = clientGone != null || body.failure() != null;
        return !ended.isResponseBegun() && !ours && !clients;
    }

    /** The body could not be taken from the client, or not be kept, or there is too much of it. */
    private void bodyFailed(@Nullable Throwable cause) {
        report.failed(cause);
        if (cause instanceof BufferException) {
            LOG.warn("The body of a request cannot be buffered: {}", cause.getMessage());
        }
        boolean ours = cause instanceof BufferException || cause instanceof BodyTooLongException;
        FailureAnswer answer = cause == null ? null : FailureAnswer.ofBody(cause);
        if (answer == null || response.isCommitted() || (hasLeft() && !ours)) {
            finishLost(cause == null ? new ClientLeftException() : cause);
        } else {
            answerAndClose(answer);
        }
    }

    /** Jetty reports a malformed body as an early end of the stream: only the socket knows whether it was one. */
    private boolean hasLeft() {
        return request.getConnectionMetaData().getConnection().getEndPoint().isInputShutdown();
    }

    private void responseBroke(Throwable cause) {
        report.failed(cause);
        if (response.isCommitted()) {
            end(cause);
        } else {
            answerFailure(cause);
        }
    }

    private void answerFailure(Throwable cause) {
        report.failed(cause);
        if (cache.failed()) {
            return;
        }
        FailureAnswer answer = FailureAnswer.ofTarget(cause);
        if (resetCode() != Http2Progress.NONE && body.isOfConversation()) {
            report.answered(answer.status());
            end(cause); // Such a client knows what to make of the code, and not of a page.
        } else {
            answer(answer.status(), answer.text());
        }
    }

    /** {@return the code with which the client's HTTP/2 stream is to end as the target's has, or {@link Http2Progress#NONE}} */
    private int resetCode() {
        Attempt last = attempt;
        return last == null || client.isHttp1() || clientGone != null ? Http2Progress.NONE : last.resetCode();
    }

    private void answerAndClose(FailureAnswer answer) {
        if (client.isHttp1()) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        answer(answer.status(), answer.text());
    }

    private void answer(int code, String text) {
        answer(code, text, "");
    }

    /** Answers with an error of the proxy's own, and with what the operator has to say of it, if anything. */
    private void answer(int code, String text, String message) {
        boolean close =
                response.getHeaders().contains(HttpHeader.CONNECTION, "close") || (!body.isEnded() && client.isHttp1());
        ErrorPages pages =
                service == null ? null : service.options().errorPages().orElse(null);
        answer(code).error(code, ErrorPage.of(request.getHeaders(), code, text, message, pages), close);
    }

    private OwnAnswer answer(int code) {
        report.answered(code);
        relayed = true;
        attemptOver = true;
        release(); // The client may take its time to take the answer.
        return responsePath.open(
                bodies(service), Callback.from(Invocable.InvocationType.NON_BLOCKING, this::finish, this::unwritten));
    }

    private void unwritten(Throwable cause) {
        if (cause instanceof HostCodeException && !response.isCommitted()) {
            answerFailure(cause);
        } else {
            finishLost(cause);
        }
    }

    /** The client has got its answer. What it still sends is read for a while, so that it gets to read the answer. */
    private void finish() {
        if (!answered.compareAndSet(false, true)) {
            return; // The end of the relay and the end of the attempt have met.
        }
        leaveQueue();
        release(); // The client may take its time to end.
        body.discard(bodies(service), () -> end(null));
    }

    private static BodyOptions bodies(@Nullable Service of) {
        return of == null ? BodyOptions.defaults() : of.options().bodies();
    }

    private static HeaderOptions headers(@Nullable Service of) {
        return of == null ? HeaderOptions.defaults() : of.options().headers();
    }

    /** The client is not there any more to get an answer, or not all of it. */
    private void finishLost(Throwable cause) {
        report.lost(cause, response.isCommitted());
        end(cause);
    }

    /** Ends the exchange, once, whoever comes first. */
    private void end(@Nullable Throwable cause) {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        report.ended(attempt == null ? taken : attempt, held, response, body.bytes(), responseBytes());
        leaveQueue();
        cache.close();
        release();
        body.abandon();
        stopWatch(() -> complete(cause));
    }

    private long responseBytes() {
        TargetBody answer = ownBody;
        Attempt last = attempt;
        return answer != null ? answer.bytes() : last == null ? 0 : last.responseBytes();
    }

    private void release() {
        responsePath.release();
        files.close();
        body.release();
    }

    /** The next that is held may go on, if there is one. */
    private void leaveQueue() {
        HeldRequest waited = held;
        if (waited != null) {
            waited.leave();
        }
    }

    private void complete(@Nullable Throwable cause) {
        try {
            completeRequest(cause);
        } finally {
            plane.ended(request); // Whatever a host throws that has put a callback of its own in front of the server's.
        }
    }

    private void completeRequest(@Nullable Throwable cause) {
        if (cause == null) {
            if (!body.isEnded()) {
                ClientStream.reset(request, ErrorCode.NO_ERROR.code); // The response counts, but the rest is not read.
            }
            callback.succeeded();
        } else {
            // The connection, or the HTTP/2 stream, is closed without a proper end: what was sent is not the whole.
            ClientStream.reset(request, resetCode());
            callback.failed(new Request.Handler.AbortException(cause));
        }
    }

    @Override
    public long nanoTime() {
        return plane.time().nanoTime();
    }

    /** The client has closed its connection. */
    private static final class ClientLeftException extends EOFException {
        private static final long serialVersionUID = 1L;

        ClientLeftException() {
            super("the client has left");
        }
    }

    /** The target has answered before the end of the request, which is not a failure of anyone. */
    private static final class EarlyResponseException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EarlyResponseException() {
            super("answered before the end of the request", null, false, false);
        }
    }
}
