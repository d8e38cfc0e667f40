package dev.gapless.proxy.buffer;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Keeps what an append or a read came to, and fails if it comes twice. */
final class Outcome implements SpillBuffer.AppendResult, SpillReader.ReadResult {
    static final int APPENDED = 0;

    private final CompletableFuture<Integer> result = new CompletableFuture<>();

    @Override
    public void appended() {
        completed(APPENDED);
    }

    @Override
    public void completed(int count) {
        assertThat(result.complete(count)).as("called once").isTrue();
    }

    @Override
    public void failed(BufferException failure) {
        assertThat(result.completeExceptionally(failure)).as("called once").isTrue();
    }

    boolean isDone() {
        return result.isDone();
    }

    BufferException failure() {
        return (BufferException) result.handle((count, e) -> e).getNow(null);
    }

    /** What it comes to, once it does; a failure is wrapped. */
    int await() throws Exception {
        return result.get(30, TimeUnit.SECONDS);
    }
}
