package dev.gapless.proxy.buffer;

import dev.gapless.proxy.ChildJvm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A process of its own that spills, says so, and lives until it is killed or its input ends. */
final class SpillingProcess {
    private SpillingProcess() {}

    public static void main(String[] arguments) throws IOException {
        BufferSpace space = BufferSpace.in(Path.of(arguments[0]), BufferLimits.defaults(), Runnable::run);
        space.open(0).append(ByteBuffer.allocate(100_000), new Outcome());
        System.out.println("on disk: " + space.diskUsed());
        while (System.in.read() >= 0) {
            // Killed here.
        }
        space.close();
    }

    static Process start(Path directory) throws IOException {
        return ChildJvm.start(SpillingProcess.class, directory);
    }
}
