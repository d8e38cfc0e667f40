package dev.gapless.proxy.engine;

import dev.gapless.proxy.TargetTls;
import java.util.ArrayList;
import java.util.List;

/** Writes down which targets were prepared and retired, and which of them retired too early; prepares none if told so. */
final class RecordingLifecycle implements TargetLifecycle {
    private final List<String> prepared = new ArrayList<>();
    private final List<String> retired = new ArrayList<>();
    private String unusable = "";
    private String reason = "";

    @Override
    public void prepare(List<Target> targets, TargetTls tls) {
        String authority = tls.certificateAuthority().map(Object::toString).orElse("the JDK");
        if (!reason.isEmpty() && authority.contains(unusable)) {
            throw new IllegalArgumentException(reason);
        }
        targets.forEach(target -> prepared.add(target + " by " + authority));
    }

    void cannotPrepare(String reason) {
        cannotPrepare("", reason);
    }

    /** As if something were wrong with a file. */
    void cannotPrepare(String file, String reason) {
        this.unusable = file;
        this.reason = reason;
    }

    @Override
    public void retired(Target target) {
        int inFlight = target.inFlight();
        retired.add(target + (inFlight == 0 ? "" : " with " + inFlight + " requests in flight"));
    }

    /** Returns the targets, in the order in which they were prepared, each with who vouches for it. */
    List<String> prepared() {
        return List.copyOf(prepared);
    }

    /** Returns the addresses of the retired targets, in the order in which they were, each as often as it was. */
    List<String> retired() {
        return List.copyOf(retired);
    }
}
