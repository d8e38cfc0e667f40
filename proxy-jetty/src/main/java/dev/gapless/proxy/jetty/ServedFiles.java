package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.engine.StaticDirectory;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has files found, opened and read on threads that may wait for a disk. Thread-safe. */
final class ServedFiles {
    private static final Logger LOG = LoggerFactory.getLogger(ServedFiles.class);

    private final ProxyEngine engine;
    private final Executor threads;

    ServedFiles(ProxyEngine engine, Executor threads) {
        this.engine = engine;
        this.threads = threads;
    }

    Executor threads() {
        return threads;
    }

    /** {@return what a request may be answered with before a target is asked, or null if no file can be meant} */
    @Nullable
    StaticLookup lookup(ClientRequest client, Decision.Admit admit) {
        boolean isRead = client.method().equals("GET") || client.method().equals("HEAD");
        if (!isRead
                || client.protocolSwitch() != null
                || admit.service().options().staticFiles().isEmpty()) {
            return null;
        }
        String path = FilePath.decoded(admit.path());
        List<StaticDirectory> directories = engine.staticDirectories(admit.service());
        return path == null || FilePath.isHidden(path) ? null : new StaticLookup(directories, path);
    }

    /** Has a file looked for; what is found must be sent or closed. Null for none. */
    void find(StaticLookup lookup, FileAnswer.Asked asked, Consumer<@Nullable FileAnswer> then) {
        execute(() -> lookup.find(asked), then);
    }

    /** Has a file opened that a target has named; what is found must be sent or closed. Null if it cannot be sent. */
    void open(NamedFile named, FileAnswer.Asked asked, Consumer<@Nullable FileAnswer> then) {
        execute(() -> named.open(asked), then);
    }

    /** Something that may wait for a disk. */
    private interface Work {
        @Nullable
        FileAnswer get();
    }

    private void execute(Work work, Consumer<@Nullable FileAnswer> then) {
        try {
            threads.execute(() -> then.accept(resultOf(work)));
        } catch (RejectedExecutionException e) {
            then.accept(null); // The proxy has stopped.
        }
    }

    private static @Nullable FileAnswer resultOf(Work work) {
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            LOG.warn("A file could not be looked for", e);
            return null;
        }
    }

    /** Closes a file where that may take its time. */
    static void close(Closeable file, Executor threads) {
        try {
            threads.execute(() -> closeNow(file));
        } catch (RejectedExecutionException e) {
            closeNow(file);
        }
    }

    static void closeNow(Closeable file) {
        try {
            file.close();
        } catch (IOException e) {
            LOG.debug("A file could not be closed in order", e);
        }
    }
}
