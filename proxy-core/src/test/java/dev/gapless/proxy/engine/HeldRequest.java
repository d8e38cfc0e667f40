package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request carried as an adapter carries it: it waits where it is told to, and writes down what it hears. */
final class HeldRequest implements Hold.Waiter {
    private final EngineFixture proxy;
    private final RequestHead head;
    private final long declaredBytes;
    private final List<String> heard = new ArrayList<>();
    private final Attempts attempts = new Attempts();
    private @Nullable Hold hold;
    private @Nullable Lease lease;

    HeldRequest(EngineFixture proxy, RequestHead head, long declaredBytes) {
        this.proxy = proxy;
        this.head = head;
        this.declaredBytes = declaredBytes;
    }

    void decide() {
        Decision decision = proxy.engine.decide(head, attempts);
        if (decision instanceof Decision.Forward forward) {
            forward(forward.lease());
        } else if (decision instanceof Decision.Wait wait) {
            heard.add("held");
            hold = hold == null ? new Hold(proxy.time.nanoTime(), declaredBytes, this) : hold;
            hold.waitAt(wait.service());
        } else if (decision instanceof Decision.Alive) {
            heard.add("200");
            leave();
        } else {
            answered((Decision.Respond) decision);
        }
    }

    private void forward(Lease claimed) {
        lease = claimed;
        heard.add(claimed.address().toString());
        claimed.onCut(() -> {
            heard.add("cut");
            leave();
        });
    }

    private void answered(Decision.Respond answer) {
        heard.add((answer.reason().status() + " " + answer.message()).strip());
        leave();
    }

    @Override
    public void goOn() {
        heard.add("released");
        proxy.released.add(this);
        decide();
    }

    @Override
    public void refused(Decision.Respond answer) {
        answered(answer);
    }

    /** More of its body has come; returns whether it may go on. */
    boolean taken(long moreBytes) {
        return hold.taken(moreBytes);
    }

    /** It waits for the rest of its body. */
    void stepAside() {
        hold.stepAside(proxy.time.nanoTime());
    }

    /** The target has answered. */
    void end() {
        lease.release();
        leave();
    }

    /** The connection to the target broke, and the request is to be sent again. */
    void breakAndRepeat() {
        attempts.brokenBy(lease.target());
        lease.release();
        decide();
    }

    /** The request is over: its client has left, say. */
    void leave() {
        if (hold != null) {
            hold.leave();
        }
    }

    List<String> heard() {
        return List.copyOf(heard);
    }

    /** Returns what it has heard last: {@code held}, the target that has it, {@code cut}, or the answer. */
    String last() {
        return heard.get(heard.size() - 1);
    }
}
