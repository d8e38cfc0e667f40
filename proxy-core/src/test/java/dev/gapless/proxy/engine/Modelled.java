package dev.gapless.proxy.engine;

import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo.State;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an {@link EngineModel} knows. */
final class Modelled {
    private Modelled() {}

    /** Something that the engine does by itself when its time has come. */
    static final class Deadline {
        final long due;
        final long sequence;
        final Runnable action;

        Deadline(long due, long sequence, Runnable action) {
            this.due = due;
            this.sequence = sequence;
            this.action = action;
        }
    }

    static final class Target {
        final String address;
        final Pool pool;
        final boolean reader;
        boolean healthy;
        boolean everHealthy;
        int contrary;
        int inFlight;

        Target(String address, Pool pool, boolean reader) {
            this.address = address;
            this.pool = pool;
            this.reader = reader;
        }
    }

    static final class Pool {
        final List<Target> targets = new ArrayList<>();
        final Set<Request> requests = new HashSet<>();
        final List<Runnable> whenDrained = new ArrayList<>();
        int failures;
        int successes;
        int swappedAtStep;
        boolean probed;
        boolean draining;
        int cuts;

        @Nullable
        Deadline cut;
        /** The service that it was made for; null before the swap. */
        @Nullable
        Gate gate;

        boolean hasReaders() {
            return targets.stream().anyMatch(target -> target.reader);
        }

        boolean isHealthy() {
            return targets.stream().allMatch(target -> target.healthy);
        }
    }

    /** The part of a service that lives as long as its name does. */
    static final class Gate {
        final TreeMap<Long, Request> waiting = new TreeMap<>();
        final Set<Request> released = new HashSet<>();
        HoldLimits limits = HoldLimits.defaults();
        State state = State.RUNNING;
        String message = "";
        long maxPause;
        long arrivals;

        boolean mayRelease() {
            return state == State.RUNNING && !waiting.isEmpty() && released.size() < limits.releaseConcurrency();
        }

        long bytes() {
            return waiting.values().stream().mapToLong(Request::bytes).sum();
        }
    }

    static final class Service {
        final String name;
        final Gate gate;
        String host;
        int failures;
        int successes;
        Pool active;

        @Nullable
        Pool rollout;

        @Nullable
        RolloutSplit split;

        int generation = 1;

        Service(String name, Gate gate, String host, Pool active) {
            this.name = name;
            this.gate = gate;
            this.host = host;
            this.active = active;
        }
    }

    /** A deployment, or what else waits for drains: a removal or a promotion. */
    static final class Run {
        final String service;
        boolean rollout;
        boolean force;
        String host = "";
        int failures;
        int successes;
        HoldLimits limits = HoldLimits.defaults();
        Pool pool = new Pool();
        long deployTimeout;
        long drainTimeout;
        String phase = "waiting";
        int drainsLeft;
        int cuts;

        @Nullable
        Deadline deadline;

        Run(String service) {
            this.service = service;
        }
    }

    static final class Pause {
        final Gate gate;
        final List<Pool> pools;
        final long begin;
        final int cutsBefore;

        @Nullable
        Deadline deadline;

        int cuts;
        long took;
        boolean done;

        Pause(Gate gate, List<Pool> pools, long begin) {
            this.gate = gate;
            this.pools = pools;
            this.begin = begin;
            this.cutsBefore = cuts(pools);
        }
    }

    static int cuts(List<Pool> pools) {
        return pools.stream().mapToInt(pool -> pool.cuts).sum();
    }

    static final class Request {
        final String host;
        final String method;
        final String path;
        final @Nullable String key;
        private final long declaredBytes;
        final long arrived;
        final Set<String> refusedBy = new HashSet<>();
        final Set<String> brokenBy = new HashSet<>();
        long takenBytes;
        /** new, held, released, in flight, cut, or its answer. */
        String state = "new";

        @Nullable
        Target target;

        @Nullable
        Gate gate;

        long number = -1;

        Request(String host, String method, String path, @Nullable String key, long declaredBytes, long arrived) {
            this.host = host;
            this.method = method;
            this.path = path;
            this.key = key;
            this.declaredBytes = declaredBytes;
            this.arrived = arrived;
        }

        long bytes() {
            return Math.max(declaredBytes, takenBytes);
        }

        boolean isRead() {
            return method.equals("GET") || method.equals("HEAD");
        }
    }
}
