package dev.gapless.proxy.engine;

import dev.gapless.proxy.DescribedRequest;
import org.jspecify.annotations.Nullable;

/** A request of a simulation: what the engine does with it, beside what the model says of it. */
final class SimulatedRequest implements Hold.Waiter {
    final Modelled.Request modelled;
    private final EngineSimulation simulation;
    final Request head;
    final Attempts attempts = new Attempts();
    private final Hold hold;

    @Nullable
    Lease lease;

    @Nullable
    Service service;

    int targetsOfService;
    /** What the engine has said last, in the words of the model. */
    String heard = "new";

    SimulatedRequest(EngineSimulation simulation, Modelled.Request modelled) {
        this.simulation = simulation;
        this.modelled = modelled;
        Request plain = Request.to("http://" + modelled.host + modelled.path).withMethod(modelled.method);
        this.head = modelled.key == null ? plain : plain.withHeader("Cookie", "kamal-rollout=" + modelled.key);
        this.hold = new Hold(simulation.time.nanoTime(), modelled.bytes(), this);
    }

    DescribedRequest described() {
        DescribedRequest plain =
                DescribedRequest.to("http://" + modelled.host + modelled.path).withMethod(modelled.method);
        return modelled.key == null ? plain : plain.withHeader("Cookie", "kamal-rollout=" + modelled.key);
    }

    void decide() {
        EngineModel model = simulation.model;
        EngineModel.Expected expected = model.expected(modelled);
        Decision decision = simulation.engine.decide(head, attempts);
        if (decision instanceof Decision.Forward forward) {
            forwarded(forward, expected);
        } else if (decision instanceof Decision.Wait wait && expected.outcome().equals("held")) {
            modelled.state = model.hold(modelled, expected.service());
            heard = "held";
            hold.waitAt(wait.service());
        } else {
            heard = decision instanceof Decision.Respond respond ? answer(respond) : decision.toString();
            heard = decision instanceof Decision.Alive ? "200" : heard;
            simulation.require(heard.equals(expected.outcome()), () -> heard + " instead of " + expected);
            model.ended(modelled, heard);
            hold.leave();
        }
    }

    private void forwarded(Decision.Forward forward, EngineModel.Expected expected) {
        String target = forward.lease().address().toString();
        boolean right = expected.outcome().equals("forwarded")
                && forward.slot() == expected.slot()
                && forward.service().name().equals(expected.service().name)
                && expected.targets().contains(target);
        simulation.require(right, () -> "forwarded to " + target + " instead of " + expected);
        boolean write =
                !modelled.isRead() && simulation.model.targets.get(target).pool.hasReaders();
        simulation.require(forward.write() == write, () -> "a write, or none: " + forward);
        simulation.model.forwarded(modelled, target);
        service = forward.service();
        Modelled.Pool rollout = expected.service().rollout;
        targetsOfService = expected.service().active.targets.size() + (rollout == null ? 0 : rollout.targets.size());
        lease = forward.lease();
        heard = "in flight";
        lease.onCut(() -> {
            heard = "cut";
            hold.leave();
        });
    }

    static String answer(Decision.Respond answer) {
        int status = answer.reason().status();
        return status == 503 ? "503 " + answer.message() : String.valueOf(status);
    }

    @Override
    public void goOn() {
        heard = "released";
        String wrong = simulation.model.released(modelled);
        simulation.require(wrong == null, () -> wrong + ": " + this);
        simulation.lane.add(this);
    }

    @Override
    public void refused(Decision.Respond answer) {
        heard = answer(answer);
        hold.leave();
    }

    void take(long moreBytes) {
        boolean may = simulation.model.taken(modelled, moreBytes);
        boolean does = hold.taken(moreBytes);
        simulation.require(may == does, () -> "takes in " + moreBytes + " bytes: " + does);
    }

    /** It is over, because it is answered or its client has left. */
    void end() {
        simulation.model.ended(modelled, "ended");
        heard = "ended";
        simulation.lane.remove(this);
        if (lease != null) {
            lease.release();
        }
        hold.leave();
    }

    void failAndRepeat(boolean refused) {
        Target target = lease.target();
        (refused ? modelled.refusedBy : modelled.brokenBy).add(target.toString());
        modelled.state = "failed";
        simulation.model.leaveTarget(modelled);
        if (refused) {
            attempts.refusedBy(target);
        } else {
            attempts.brokenBy(target);
        }
        lease.release();
        lease = null;
        boolean may = attempts.count() < Math.max(3, targetsOfService + 1);
        if (refused) { // What is broken spends from a budget, which has its own tests.
            boolean does = simulation.engine.mayRetry(service, attempts);
            simulation.require(does == may, () -> "repeats after " + attempts.count() + ": " + does);
        }
        if (may) {
            decide();
        } else {
            end();
        }
    }

    @Override
    public String toString() {
        return head + " " + modelled.state + ", has heard " + heard;
    }
}
