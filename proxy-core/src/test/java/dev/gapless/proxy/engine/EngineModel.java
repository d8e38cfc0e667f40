package dev.gapless.proxy.engine;

import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo.State;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.engine.Modelled.Deadline;
import dev.gapless.proxy.engine.Modelled.Gate;
import dev.gapless.proxy.engine.Modelled.Pause;
import dev.gapless.proxy.engine.Modelled.Pool;
import dev.gapless.proxy.engine.Modelled.Request;
import dev.gapless.proxy.engine.Modelled.Run;
import dev.gapless.proxy.engine.Modelled.Service;
import dev.gapless.proxy.engine.Modelled.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the engine promises, for one thread and without regard to speed. It is told of each command, each answer of a probe
 * and each end of a request before the engine is, and knows what must be so when the engine has done with it.
 */
final class EngineModel {
    final Map<String, Service> services = new TreeMap<>();
    final Map<String, Deque<Run>> queues = new HashMap<>();
    final Map<String, Target> targets = new HashMap<>();
    final List<Run> runs = new ArrayList<>();
    final List<Pause> pauses = new ArrayList<>();
    final Set<String> retired = new HashSet<>();
    private final List<Deadline> deadlines = new ArrayList<>();
    private long sequence;
    long now;
    int steps;

    /** What must become of a request now; for a forwarded one, which targets may get it. */
    record Expected(
            String outcome,
            @Nullable Service service,
            @Nullable Slot slot,
            List<String> targets) {
        static Expected answer(String outcome, @Nullable Service service) {
            return new Expected(outcome, service, null, List.of());
        }
    }

    Expected expected(Request request) {
        Service service = services.values().stream()
                .filter(candidate -> candidate.host.equals(request.host))
                .findFirst()
                .orElse(null);
        if (service == null) {
            return Expected.answer("404", null);
        }
        if (service.gate.state != State.RUNNING) {
            boolean alive = request.isRead() && request.path.equals("/up");
            String closed = service.gate.state == State.PAUSED ? "held" : "503 " + service.gate.message;
            return Expected.answer(alive ? "200" : closed, service);
        }
        if (service.rollout != null && service.split != null && isIn(service.split, request.key)) {
            List<String> candidates = candidates(service.rollout, request);
            if (!candidates.isEmpty()) {
                return new Expected("forwarded", service, Slot.ROLLOUT, candidates);
            }
        }
        List<String> candidates = candidates(service.active, request);
        return candidates.isEmpty()
                ? Expected.answer("503 ", service)
                : new Expected("forwarded", service, Slot.ACTIVE, candidates);
    }

    private static boolean isIn(RolloutSplit split, @Nullable String key) {
        return key != null && split.includes(key);
    }

    private static List<String> candidates(Pool pool, Request request) {
        Set<String> tried = new HashSet<>(request.refusedBy);
        tried.addAll(request.brokenBy);
        boolean read = request.isRead() && pool.hasReaders();
        return Stream.of(
                        read ? able(pool, true, tried) : List.<String>of(),
                        able(pool, false, tried),
                        read ? able(pool, true, request.refusedBy) : List.<String>of(),
                        able(pool, false, request.refusedBy))
                .filter(some -> !some.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private static List<String> able(Pool pool, boolean reader, Set<String> not) {
        return pool.targets.stream()
                .filter(target -> target.reader == reader && target.healthy && !not.contains(target.address))
                .map(target -> target.address)
                .toList();
    }

    void forwarded(Request request, String address) {
        request.target = targets.get(address);
        request.state = "in flight";
        request.target.inFlight++;
        request.target.pool.requests.add(request);
    }

    /** Returns what a request hears that is to be held. */
    String hold(Request request, Service service) {
        Gate gate = service.gate;
        if (request.gate != gate) {
            leaveGate(request);
            request.gate = gate;
            request.number = -1;
        }
        if (!gate.released.remove(request)) {
            boolean full = gate.waiting.size() >= gate.limits.maxRequests()
                    || gate.bytes() + request.bytes() > gate.limits.maxBodyBytes();
            if (full) {
                return "503 ";
            }
            request.number = gate.arrivals++;
        }
        gate.waiting.put(request.number, request);
        return "held";
    }

    /** More of a request's body has come; returns whether it may go on. */
    boolean taken(Request request, long moreBytes) {
        long before = request.bytes();
        request.takenBytes += moreBytes;
        boolean waits = request.gate != null && request.gate.waiting.get(request.number) == request;
        if (!waits || request.bytes() == before || request.gate.bytes() <= request.gate.limits.maxBodyBytes()) {
            return true;
        }
        ended(request, "503 ");
        return false;
    }

    /** The engine has released a request; returns what is wrong with that, or null. */
    @Nullable
    String released(Request request) {
        Gate gate = request.gate;
        if (!gate.mayRelease() || gate.waiting.firstEntry().getValue() != request) {
            return "released out of turn";
        }
        gate.waiting.pollFirstEntry();
        gate.released.add(request);
        request.state = "released";
        return null;
    }

    private static void leaveGate(Request request) {
        if (request.gate != null) {
            request.gate.waiting.remove(request.number, request);
            request.gate.released.remove(request);
        }
    }

    /** The request is over. */
    void ended(Request request, String state) {
        leaveTarget(request);
        leaveGate(request);
        request.state = state;
    }

    /** The target has done with the request, one way or the other. */
    void leaveTarget(Request request) {
        Target target = request.target;
        request.target = null;
        if (target != null) {
            target.inFlight--;
            target.pool.requests.remove(request);
            settle(target.pool);
        }
    }

    private void settle(Pool pool) {
        if (pool.requests.isEmpty()) {
            settlePauses();
            if (pool.draining) {
                pool.draining = false;
                deadlines.remove(pool.cut);
                pool.targets.forEach(target -> retired.add(target.address));
                pool.whenDrained.forEach(Runnable::run);
            }
        }
    }

    private void cut(Pool pool) {
        pool.cuts += pool.requests.size();
        for (Request request : List.copyOf(pool.requests)) {
            ended(request, "cut");
        }
    }

    private void drain(Pool pool, long timeout, Runnable then) {
        pool.probed = false;
        pool.draining = true;
        pool.whenDrained.add(then);
        if (!pool.requests.isEmpty()) {
            pool.cut = at(timeout, () -> cut(pool));
        }
        settle(pool);
    }

    void deploy(Run run) {
        runs.add(run);
        Deque<Run> queue = queues.computeIfAbsent(run.service, name -> new ArrayDeque<>());
        queue.add(run);
        if (queue.size() == 1) {
            start(run);
        }
    }

    private void start(Run run) {
        if (run.rollout ? !services.containsKey(run.service) : isTaken(run)) {
            end(run, run.rollout ? "no service" : "conflict");
            return;
        }
        run.phase = "probing";
        run.pool.failures = run.rollout ? services.get(run.service).failures : run.failures;
        run.pool.successes = run.rollout ? services.get(run.service).successes : run.successes;
        run.deadline = at(run.deployTimeout, () -> end(run, "failed"));
        if (run.force) {
            run.pool.targets.forEach(target -> target.healthy = target.everHealthy = true);
            swap(run);
        } else {
            run.pool.probed = true;
        }
    }

    private boolean isTaken(Run run) {
        return services.values().stream()
                .anyMatch(other -> !other.name.equals(run.service) && other.host.equals(run.host));
    }

    private void end(Run run, String phase) {
        run.phase = phase;
        deadlines.remove(run.deadline);
        if (!phase.equals("done")) {
            run.pool.probed = false;
        }
        Deque<Run> queue = queues.get(run.service);
        boolean wasFirst = queue.peek() == run;
        queue.remove(run);
        if (wasFirst && !queue.isEmpty()) {
            start(queue.peek());
        }
    }

    private void swap(Run run) {
        Service service = services.get(run.service);
        if (run.rollout ? service == null : isTaken(run)) {
            end(run, run.rollout ? "failed" : "conflict");
            return;
        }
        run.phase = "draining";
        run.pool.swappedAtStep = steps;
        deadlines.remove(run.deadline);
        run.pool.probed = run.pool.targets.size() > 1;
        Pool replaced = replaced(run, service);
        Service next = services.get(run.service);
        run.pool.gate = next.gate;
        if (!run.rollout) {
            next.host = run.host;
            next.failures = run.failures;
            next.successes = run.successes;
            next.gate.limits = run.limits;
        }
        if (replaced == null) {
            end(run, "done");
        } else {
            drain(replaced, run.drainTimeout, () -> {
                run.cuts = replaced.cuts;
                end(run, "done");
            });
        }
    }

    private @Nullable Pool replaced(Run run, @Nullable Service service) {
        if (service == null) {
            services.put(run.service, new Service(run.service, new Gate(), run.host, run.pool));
            return null;
        }
        Pool replaced = run.rollout ? service.rollout : service.active;
        if (run.rollout) {
            service.rollout = run.pool;
        } else {
            service.active = run.pool;
            service.generation++;
        }
        return replaced;
    }

    /** Returns false if there is nothing to remove. */
    boolean remove(Run removal) {
        Service removed = services.remove(removal.service);
        List<Run> queue = List.copyOf(queues.getOrDefault(removal.service, new ArrayDeque<>()));
        if (removed == null && queue.isEmpty()) {
            return false;
        }
        for (int i = queue.size() - 1; i >= 0; i--) {
            if (queue.get(i).phase.equals("waiting") || queue.get(i).phase.equals("probing")) {
                end(queue.get(i), "failed");
            }
        }
        runs.add(removal);
        if (removed != null) {
            removed.gate.state = State.NOT_RESTORED; // It is no more.
            refuseHeld(removed.gate, "404");
            settlePauses();
            removal.drainsLeft = removed.rollout == null ? 1 : 2;
            removal.phase = "draining";
            Stream.of(removed.active, removed.rollout)
                    .filter(pool -> pool != null)
                    .toList()
                    .forEach(pool -> drain(pool, removal.drainTimeout, () -> drained(removal)));
        } else {
            removal.phase = "done";
        }
        return true;
    }

    private static void drained(Run waiting) {
        waiting.drainsLeft--;
        waiting.phase = waiting.drainsLeft == 0 ? "done" : waiting.phase;
    }

    void promote(Run promotion, Service service) {
        Pool replaced = service.active;
        service.active = service.rollout;
        service.rollout = null;
        service.split = null;
        service.generation++;
        runs.add(promotion);
        promotion.phase = "draining";
        drain(replaced, promotion.drainTimeout, () -> {
            promotion.cuts = replaced.cuts;
            promotion.phase = "done";
        });
    }

    private static void refuseHeld(Gate gate, String answer) {
        gate.waiting.values().forEach(request -> request.state = answer);
        gate.waiting.clear();
    }

    Pause close(Service service, State state, String message, long maxPause, long drainTimeout) {
        Gate gate = service.gate;
        gate.state = state;
        gate.message = message;
        gate.maxPause = maxPause;
        if (state == State.STOPPED) {
            refuseHeld(gate, "503 " + message);
        }
        List<Pool> pools = targets.values().stream()
                .map(target -> target.pool)
                .filter(pool -> pool.gate == gate)
                .distinct()
                .toList();
        Pause pause = new Pause(gate, pools, now);
        pause.deadline = at(drainTimeout, () -> pools.forEach(this::cut));
        pauses.add(pause);
        settlePauses();
        return pause;
    }

    void resume(Service service) {
        service.gate.state = State.RUNNING;
        service.gate.message = "";
        settlePauses();
    }

    private void settlePauses() {
        for (Pause pause : pauses) {
            boolean closed = pause.gate.state == State.PAUSED || pause.gate.state == State.STOPPED;
            boolean quiet = pause.pools.stream().allMatch(pool -> pool.requests.isEmpty());
            if (!pause.done && (quiet || !closed)) {
                pause.done = true;
                pause.cuts = Modelled.cuts(pause.pools) - pause.cutsBefore;
                pause.took = now - pause.begin;
                deadlines.remove(pause.deadline);
            }
        }
    }

    /** A target has answered a probe. */
    void probed(Target target, boolean success) {
        if (!target.pool.probed) {
            return;
        }
        if (success == target.healthy) {
            target.contrary = 0;
            return;
        }
        target.contrary++;
        boolean first = success && !target.everHealthy;
        if (first || target.contrary >= (success ? target.pool.successes : target.pool.failures)) {
            target.contrary = 0;
            target.healthy = success;
            target.everHealthy |= success;
        }
        for (Run run : List.copyOf(runs)) {
            if (run.pool == target.pool && run.phase.equals("probing") && run.pool.isHealthy()) {
                swap(run);
            }
        }
    }

    void expire() {
        for (Service service : services.values()) {
            Gate gate = service.gate;
            if (gate.state == State.PAUSED) {
                for (Request request : List.copyOf(gate.waiting.values())) {
                    if (now - request.arrived >= gate.maxPause) {
                        ended(request, "504");
                    }
                }
            }
        }
    }

    private Deadline at(long delay, Runnable action) {
        Deadline deadline = new Deadline(now + delay, sequence++, action);
        deadlines.add(deadline);
        return deadline;
    }

    /** Does what is due until then, and moves the time there. */
    void moveTo(long time) {
        for (Deadline next = next(time); next != null; next = next(time)) {
            deadlines.remove(next);
            now = next.due;
            next.action.run();
        }
        now = time;
    }

    private @Nullable Deadline next(long until) {
        return deadlines.stream()
                .filter(deadline -> deadline.due <= until)
                .min(Comparator.<Deadline>comparingLong(deadline -> deadline.due)
                        .thenComparingLong(deadline -> deadline.sequence))
                .orElse(null);
    }

    int deadlines() {
        return deadlines.size();
    }
}
