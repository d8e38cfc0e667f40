package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.faults.RawTarget;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A target that does nothing wrong: keeps the requests that it has got to their proper end, and answers them. */
final class KeepingTarget extends RawTarget {
    private final BlockingQueue<Upload> uploads = new LinkedBlockingQueue<>();

    @Override
    protected boolean answer(Call call) throws Exception {
        uploads.add(Upload.read(call));
        call.send(call.head().startsWith("HEAD ") ? OK.replace("ok", "") : OK);
        return true;
    }

    /** The next request it has got to its end. */
    Upload taken() throws InterruptedException {
        Upload upload = uploads.poll(20, TimeUnit.SECONDS);
        if (upload == null) {
            throw new AssertionError("no whole request has come");
        }
        return upload;
    }

    boolean hasTakenNone() {
        return uploads.isEmpty();
    }
}
