package dev.gapless.proxy.jetty;

import org.eclipse.jetty.io.Content;

/** A body that is none. */
enum EmptySource implements Content.Source {
    INSTANCE;

    @Override
    public Content.Chunk read() {
        return Content.Chunk.EOF;
    }

    @Override
    public void demand(Runnable task) {
        task.run();
    }

    @Override
    public void fail(Throwable failure) {}
}
