package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;

/**
 * A target as its requests and its drains use it, with what must hold of it whatever they do. Requests are numbered; each is
 * claimed by one thread.
 */
public final class LeaseOperations {
    private static final int REQUESTS = 32;

    private final Target target = new Target(TargetAddress.parse("web:80"), ServiceInfo.Role.WRITER, new ExpiryWatch());
    /** What is to be told of a drain, and when nobody wants to know. */
    private final KeptTasks telling = new KeptTasks();

    private final DrainNotice notice = new DrainNotice(new StoppedTime(), telling, () -> 0, Duration.ofSeconds(1));
    private final @Nullable Request[] requests = new Request[REQUESTS];
    private final AtomicInteger drains = new AtomicInteger();
    private final AtomicInteger drainsEnded = new AtomicInteger();
    private volatile boolean noticeGiven;
    private volatile boolean noticeTakenBack;
    private volatile boolean toldAnyTime;
    private volatile boolean cut;
    private volatile boolean givenTooLate;
    private volatile int inFlightAtTheEnd;
    private volatile int cutsAtTheEnd;

    /** Public, as Lincheck wants it. */
    public LeaseOperations() {}

    @Operation
    public void claim(@Param(gen = IntGen.class) int request) {
        boolean late = drainsEnded.get() > 0;
        Lease lease = target.claim();
        if (lease != null) {
            givenTooLate = givenTooLate || late;
            requests[request] = new Request(lease);
        }
    }

    /** Claims all requests up to a number, so that the first table of slots is full. */
    @Operation
    public void claimUpTo(@Param(gen = IntGen.class) int count) {
        for (int i = 0; i < count; i++) {
            claim(i);
        }
    }

    @Operation
    public void listenForTheCut(@Param(gen = IntGen.class) int request) {
        Request listening = requests[request];
        if (listening != null) {
            listening.listening = true;
            listening.lease.onCut(listening);
        }
    }

    @Operation
    public void askForTheNotice(@Param(gen = IntGen.class) int request) {
        Request asking = requests[request];
        if (asking != null) {
            asking.asking = true;
            asking.lease.onDrain(asking.notices::incrementAndGet);
        }
    }

    @Operation
    public void giveNotice() {
        notice.give(List.of(target));
        noticeGiven = true;
    }

    @Operation
    public void tellRestOfNotice() {
        toldAnyTime = true;
        notice.tellRest();
    }

    @Operation
    public void takeNoticeBack() {
        notice.takeBack();
        noticeTakenBack = true;
    }

    @Operation
    public void release(@Param(gen = IntGen.class) int request) {
        Request ended = requests[request];
        if (ended != null) {
            ended.released = true;
            ended.lease.release();
        }
    }

    /** Once a request is in flight, the target is not idle before that request has ended. */
    @Operation
    public void claimAndWaitUntilIdle(@Param(gen = IntGen.class) int request) {
        claim(request);
        Request claimed = requests[request];
        if (claimed != null) {
            claimed.idle = target.idle();
        }
    }

    @Operation
    public void drain() {
        drains.incrementAndGet();
        target.drain().thenRun(() -> {
            inFlightAtTheEnd = target.inFlight();
            cutsAtTheEnd = target.cuts();
            drainsEnded.incrementAndGet();
        });
    }

    @Operation
    public void cut() {
        target.cut();
        cut = true;
    }

    /** Checks what must hold when all threads have come to their ends, and when all is cut then; fails by throwing. */
    @Validate
    public void validate() {
        checkNotice();
        check();
        drain();
        cut();
        check();
    }

    private void checkNotice() {
        telling.run();
        for (Request request : requests) {
            if (request != null) {
                boolean told = request.asking && !request.released && !cut && noticeGiven && !noticeTakenBack;
                int times = request.notices.get();
                require(!told || times == 1, "a request was not told, or not once");
                require(
                        told || times == 0 || (toldAnyTime && times == 1),
                        "a request was told that must not have been");
            }
        }
    }

    private void check() {
        int held = 0;
        for (Request request : requests) {
            if (request != null) {
                require(request.cuts.get() <= 1, "a request was cut twice");
                require(
                        !cut || request.released || !request.listening || request.cuts.get() == 1,
                        "the cut missed a request");
                require(
                        cut || request.released || request.idle == null || !request.idle.isDone(),
                        "the target was idle with a request in flight");
                held += cut || request.released ? 0 : 1;
            }
        }
        for (Request request : requests) {
            require(
                    held > 0 || request == null || request.idle == null || request.idle.isDone(),
                    "who waits for the target to be idle has not heard of it");
        }
        require(!givenTooLate, "a lease was given after the end of the drain");
        require(target.inFlight() == held, "a lease was lost, or ended twice");
        require(drainsEnded.get() == (held == 0 ? drains.get() : 0), "the drain has not ended with the last lease");
        require(inFlightAtTheEnd == 0, "the drain ended before the last lease");
        require(drainsEnded.get() == 0 || cutsAtTheEnd == target.cuts(), "a cut was counted after the drain");
        require(target.cuts() >= cutsHeard(), "a cut was not counted");
        require(drains.get() == 0 || target.claim() == null, "a lease was given after the drain");
    }

    private int cutsHeard() {
        int heard = 0;
        for (Request request : requests) {
            heard += request == null ? 0 : request.cuts.get();
        }
        return heard;
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** A request as the one who carries it out sees it. */
    private static final class Request implements Runnable {
        private final Lease lease;
        private final AtomicInteger cuts = new AtomicInteger();
        private final AtomicInteger notices = new AtomicInteger();
        private volatile boolean released;
        private volatile boolean asking;
        private volatile boolean listening;
        private volatile @Nullable CompletableFuture<@Nullable Void> idle;

        Request(Lease lease) {
            this.lease = lease;
        }

        @Override
        public void run() {
            cuts.incrementAndGet();
        }
    }

    /** Keeps all tasks until they are to be run. */
    private static final class KeptTasks implements Scheduler {
        private final Queue<Kept> tasks = new ConcurrentLinkedQueue<>();

        @Override
        public Cancellable schedule(Runnable task, Duration delay) {
            Kept kept = new Kept(task);
            tasks.add(kept);
            return kept;
        }

        void run() {
            tasks.forEach(Kept::run);
        }
    }

    private static final class Kept implements Scheduler.Cancellable {
        private final Runnable task;
        private volatile boolean cancelled;

        Kept(Runnable task) {
            this.task = task;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        void run() {
            if (!cancelled) {
                task.run();
            }
        }
    }

    /** Time in which a drain does not come to its half. */
    private static final class StoppedTime implements TimeSource {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }
    }
}
