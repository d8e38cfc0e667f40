package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Decision;
import java.util.concurrent.Executor;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * The part of files in one request. One may answer it before the cache or a target is asked, and a target may name one, which is
 * sent in the place of the target's body.
 *
 * <pre>
 *   find ────► found, or notFound
 *   replace ─► opened, or refused
 * </pre>
 *
 * <p>Files are looked for and opened on other threads. Whoever has one of these closes it.
 */
final class FileSide {
    /** What the exchange does. Called on the lane. */
    interface Outcome {
        /** The client gets this file. */
        void found(FileAnswer found);

        /** There is no such file: the cache is to be asked, or a target. */
        void notFound(Decision.Admit admit);

        /** The client gets this file in the place of what a target has answered with. */
        void opened(Attempt current, FileAnswer opened);

        /** The file that a target has named is not sent; the client gets this status. */
        void refused(Attempt current, int status);

        /** Whether nobody waits for a file any more. */
        boolean isOver();
    }

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private final Executor lane;
    private final Outcome outcome;

    private volatile boolean replaces;
    private volatile @Nullable FileAnswer answer;

    FileSide(DataPlane plane, Request request, ClientRequest client, Executor lane, Outcome outcome) {
        this.plane = plane;
        this.request = request;
        this.client = client;
        this.lane = lane;
        this.outcome = outcome;
    }

    /** Whether a file that a target has named is the answer, not the target's body. */
    boolean replaces() {
        return replaces;
    }

    /** Has a file looked for that answers the request. {@return false if none can be meant} */
    boolean find(Decision.Admit admit) {
        StaticLookup lookup = plane.files().lookup(client, admit);
        if (lookup == null) {
            return false;
        }
        plane.files()
                .find(
                        lookup,
                        asked(),
                        found -> lane.execute(() -> {
                            if (found == null) {
                                outcome.notFound(admit);
                            } else {
                                take(found, () -> outcome.found(found));
                            }
                        }));
        return true;
    }

    /**
     * Answers with the file that a target names in the place of its body, from when it is open: no more is wanted of the target.
     *
     * @return false if it names none
     */
    boolean replace(Attempt current, Response from) {
        NamedFile named = NamedFile.of(current.forward(), from);
        if (named == null) {
            return false;
        }
        replaces = true;
        plane.files()
                .open(
                        named,
                        asked(),
                        opened -> lane.execute(() -> {
                            if (opened != null) {
                                take(opened, () -> outcome.opened(current, opened));
                            } else if (!outcome.isOver()) {
                                outcome.refused(current, named.failure());
                            }
                        }));
        return true;
    }

    /** Goes on with a file, which is closed in any case. */
    private void take(FileAnswer file, Runnable step) {
        answer = file;
        if (!outcome.isOver()) {
            step.run();
        }
        if (outcome.isOver()) {
            file.close();
        }
    }

    private FileAnswer.Asked asked() {
        return new FileAnswer.Asked(
                client,
                plane.time().now().toEpochMilli(),
                request.getComponents().getByteBufferPool(),
                plane.files().threads(),
                lane);
    }

    /** Closes the file, if there is one, whether it was sent or not. */
    void close() {
        FileAnswer file = answer;
        if (file != null) {
            file.close();
        }
    }
}
