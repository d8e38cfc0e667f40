package dev.gapless.proxy.engine;

import java.lang.reflect.Method;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static java.util.Arrays.stream;

/**
 * No lease is given after the drain, none is lost or ends twice, a cut reaches each of them, and so does the notice of a drain
 * each that asks for it, once and not after its end; the drain ends with the last, as does who waits for an idle target: in
 * whichever order the atomic steps of a few operations are taken.
 */
@Tag("proof")
final class LeaseInterleavingsTest {
    static {
        // Lincheck warns of each lambda and record that it cannot look into, which it has no need to.
        System.setProperty("lincheck.logLevel", "ERROR");
    }

    private static final Actor DRAIN = operation("drain");
    private static final Actor CUT = operation("cut");
    private static final Actor GIVE_NOTICE = operation("giveNotice");
    private static final Actor TELL_REST_OF_NOTICE = operation("tellRestOfNotice");
    private static final Actor TAKE_NOTICE_BACK = operation("takeNoticeBack");
    /** More than the first table of slots takes. */
    private static final Actor CROWD = operation("claimUpTo", 17);

    /** So that a walk over the slots is not taken for a thread that spins until another goes on. */
    private static final int MORE_THAN_ALL_SLOTS = 40;

    private static final int ORDERS = 8_000;

    private static final List<ExecutionScenario> TWO_THREADS = List.of(
            scenario(before(claim(0)), thread(release(0)), thread(DRAIN)),
            scenario(before(), thread(claim(0), release(0)), thread(DRAIN)),
            scenario(before(), thread(claim(0), listen(0)), thread(DRAIN, CUT)),
            scenario(before(claim(0), DRAIN), thread(listen(0)), thread(CUT)),
            scenario(before(claim(0), listen(0), DRAIN), thread(release(0)), thread(CUT)),
            scenario(before(claim(0)), thread(ask(0)), thread(GIVE_NOTICE)),
            scenario(before(claim(0), ask(0), GIVE_NOTICE), thread(TELL_REST_OF_NOTICE), thread(TELL_REST_OF_NOTICE)),
            scenario(before(claim(0)), thread(ask(0)), thread(GIVE_NOTICE, TAKE_NOTICE_BACK)),
            scenario(before(claim(0)), thread(release(0)), thread(claimAndWaitUntilIdle(1))),
            scenario(
                    before(claimAndWaitUntilIdle(0)), thread(release(0)), thread(claimAndWaitUntilIdle(1), release(1))),
            scenario(before(), thread(claim(0), listen(0)), thread(claim(1), listen(1))));

    private static final List<ExecutionScenario> THREE_THREADS = List.of(
            scenario(before(), thread(claim(0), release(0)), thread(claim(1), release(1)), thread(DRAIN)),
            scenario(before(claim(0), claim(1)), thread(release(0)), thread(release(1)), thread(DRAIN)),
            scenario(before(claim(0)), thread(release(0)), thread(DRAIN), thread(DRAIN)),
            scenario(before(), thread(claim(0), listen(0)), thread(claim(1), listen(1)), thread(DRAIN, CUT)),
            scenario(before(claim(0), listen(0)), thread(release(0)), thread(claim(1), listen(1)), thread(DRAIN, CUT)),
            scenario(before(CROWD), thread(claim(20), listen(20)), thread(claim(21), listen(21)), thread(release(0))),
            scenario(before(claim(0), claim(1)), thread(ask(0), release(0)), thread(ask(1)), thread(GIVE_NOTICE)),
            scenario(
                    before(claim(0)),
                    thread(release(0)),
                    thread(claimAndWaitUntilIdle(1)),
                    thread(claim(2), release(2))),
            scenario(before(CROWD), thread(claim(20), listen(20)), thread(DRAIN, CUT)));

    @Test
    void whatMustHoldOfLeasesHoldsForTwoThreads() {
        check(TWO_THREADS);
    }

    @Test
    void whatMustHoldOfLeasesHoldsForThreeThreads() {
        check(THREE_THREADS);
    }

    private static void check(List<ExecutionScenario> scenarios) {
        ModelCheckingOptions options = new ModelCheckingOptions()
                .verifier(EpsilonVerifier.class) // What must hold is said by the operations' own validation.
                .iterations(0)
                .loopIterationsBeforeThreadSwitch(MORE_THAN_ALL_SLOTS)
                .loopBound(10 * MORE_THAN_ALL_SLOTS)
                .invocationsPerIteration(ORDERS);
        scenarios.forEach(options::addCustomScenario);
        options.check(LeaseOperations.class);
    }

    private static ExecutionScenario scenario(List<Actor> before, List<Actor> one, List<Actor> other) {
        return scenario(before, List.of(one, other));
    }

    private static ExecutionScenario scenario(
            List<Actor> before, List<Actor> one, List<Actor> other, List<Actor> third) {
        return scenario(before, List.of(one, other, third));
    }

    private static ExecutionScenario scenario(List<Actor> before, List<List<Actor>> threads) {
        return new ExecutionScenario(before, threads, List.of(), operation("validate"));
    }

    private static List<Actor> before(Actor... operations) {
        return List.of(operations);
    }

    private static List<Actor> thread(Actor... operations) {
        return List.of(operations);
    }

    private static Actor claim(int request) {
        return operation("claim", request);
    }

    private static Actor claimAndWaitUntilIdle(int request) {
        return operation("claimAndWaitUntilIdle", request);
    }

    private static Actor listen(int request) {
        return operation("listenForTheCut", request);
    }

    private static Actor ask(int request) {
        return operation("askForTheNotice", request);
    }

    private static Actor release(int request) {
        return operation("release", request);
    }

    private static Actor operation(String name, Object... arguments) {
        Method method = stream(LeaseOperations.class.getMethods())
                .filter(candidate -> candidate.getName().equals(name))
                .findFirst()
                .orElseThrow();
        return new Actor(method, List.of(arguments));
    }
}
