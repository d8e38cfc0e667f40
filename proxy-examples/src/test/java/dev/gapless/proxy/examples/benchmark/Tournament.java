package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Puts contestants under the same load in turns: a round measures each of them once. */
final class Tournament {
    private static final double FASTER = 1.05;

    private final LoadClient http1;
    private final LoadClient http2;
    private final LoadClient webSockets;
    private final LoadClient handshakes;
    private final Arena arena;
    private final Notes notes;

    Tournament(Arena arena, Notes notes) {
        this.http1 = new Wrk(arena.children(), arena.cores(), arena.directory());
        this.http2 = new H2load(arena.children(), arena.cores(), arena.directory());
        this.webSockets = new WebSocketLoad(arena.children(), arena.cores());
        this.handshakes = new Handshakes(arena.children(), arena.cores());
        this.arena = arena;
        this.notes = notes;
    }

    List<Series> play(Workload workload, Pace pace, List<Running> contestants) throws InterruptedException {
        client(workload).check();
        Map<Running, Series> results = new LinkedHashMap<>();
        contestants.forEach(contestant -> results.put(contestant, new Series(contestant.name())));
        List<Running> fit = new ArrayList<>();
        for (Running contestant : contestants) {
            notes.progress(workload.title() + ": " + contestant.name() + " warms up");
            if (warmUp(workload, contestant, pace)) {
                fit.add(contestant);
            }
        }
        for (int round = 0; round < pace.rounds() && !fit.isEmpty(); round++) {
            for (Running contestant : inTurn(fit, round)) {
                if (!measure(workload, contestant, pace, round, results.get(contestant))) {
                    fit.remove(contestant);
                }
            }
        }
        return results.values().stream().filter(series -> !series.isEmpty()).toList();
    }

    /** Each round begins with another one, so that none always follows the same. */
    private static List<Running> inTurn(List<Running> contestants, int round) {
        List<Running> turn = new ArrayList<>(contestants);
        Collections.rotate(turn, -round);
        return turn;
    }

    /** Goes on until the contestant has twice not been faster than before: a compiler at work takes its time. */
    boolean warmUp(Workload workload, Running contestant, Pace pace) throws InterruptedException {
        int longest = contestant.contestant().longestWarmUpSeconds(pace);
        int seconds = Math.min(longest, pace.secondsPerRound());
        double best = 0;
        int noFaster = 0;
        try {
            for (int spent = 0; spent < longest && noFaster < 2; spent += seconds) {
                double perSecond = client(workload)
                        .run(workload, contestant.site(), seconds)
                        .perSecond();
                noFaster = perSecond > FASTER * best ? 0 : noFaster + 1;
                best = Math.max(best, perSecond);
            }
            return true;
        } catch (IOException | IllegalStateException e) {
            notes.leftOut(contestant.name() + ", " + workload.title(), e);
            return false;
        }
    }

    private boolean measure(Workload workload, Running contestant, Pace pace, int round, Series series)
            throws InterruptedException {
        try {
            Sample sample = workload.isOfHandshakes()
                    ? onFewerCores(workload, contestant, pace)
                    : sample(workload, contestant, pace);
            Load load = sample.load();
            series.add(sample);
            notes.progress(String.format(
                    Locale.ROOT,
                    "%s, round %d of %d: %s %,.0f/s, %d errors",
                    workload.title(),
                    round + 1,
                    pace.rounds(),
                    contestant.name(),
                    load.perSecond(),
                    load.errors()));
            return true;
        } catch (IOException | IllegalStateException e) {
            notes.leftOut(contestant.name() + ", " + workload.title() + " from round " + (round + 1), e);
            return false;
        }
    }

    private Sample sample(Workload workload, Running contestant, Pace pace) throws IOException, InterruptedException {
        Duration before = contestant.cpu();
        Load load = client(workload).run(workload, contestant.site(), pace.secondsPerRound());
        return new Sample(load, contestant.cpu().minus(before));
    }

    private Sample onFewerCores(Workload workload, Running contestant, Pace pace)
            throws IOException, InterruptedException {
        arena.cores().narrow(arena.children(), contestant.process());
        try {
            return sample(workload, contestant, pace);
        } finally {
            arena.cores().widen(arena.children(), contestant.process());
        }
    }

    private LoadClient client(Workload workload) {
        return switch (workload) {
            case HTTP2, STREAMS, GRPC -> http2;
            case FULL_HANDSHAKES, RESUMED_HANDSHAKES, RESUMED_HANDSHAKES_1_2 -> handshakes;
            case WEB_SOCKET, WEB_SOCKET_KIBIBYTE -> webSockets;
            default -> http1;
        };
    }
}
