package dev.gapless.proxy.faults;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** Goes wrong at the n-th call, counted from 1. */
public final class DeathAtCall implements Faults {
    /** What happens at that call, and after it. */
    public enum Kind {
        /** The process is killed before the call: neither it nor any later one is made. */
        KILLED,
        /** As above, but a write has been half made. */
        KILLED_IN_A_WRITE,
        /** The machine loses its power: what was written and not flushed is lost too. */
        POWER_CUT,
        /** The call fails, a write after half of its bytes, as if the disk were full; the next calls are made. */
        FAILS_ONCE
    }

    private final Kind kind;
    private final int fatalCall;
    private final Set<Object> unflushed = new HashSet<>();
    private final Set<Path> writtenIn = new HashSet<>();
    private int calls;

    public DeathAtCall(Kind kind, int fatalCall) {
        this.kind = kind;
        this.fatalCall = fatalCall;
    }

    /** Whether the fatal call was made. */
    public boolean happened() {
        return calls >= fatalCall;
    }

    @Override
    public void before(SystemCall call, Path real) throws IOException {
        calls++;
        if (calls == fatalCall) {
            die(call, real);
        }
        if (calls > fatalCall && kind != Kind.FAILS_ONCE) {
            throw new IOException("dead since call " + fatalCall);
        }
        note(call, real);
    }

    private void die(SystemCall call, Path real) throws IOException {
        String message = kind + " at call " + fatalCall + ", " + call + " " + real;
        if (kind == Kind.POWER_CUT) {
            losePower();
        }
        if (call == SystemCall.WRITE && (kind == Kind.KILLED_IN_A_WRITE || kind == Kind.FAILS_ONCE)) {
            throw new TornWriteException(message);
        }
        throw new IOException(message);
    }

    private void note(SystemCall call, Path real) throws IOException {
        if (call == SystemCall.WRITE) {
            unflushed.add(fileKey(real));
            writtenIn.add(real.getParent());
        }
        if (call == SystemCall.FORCE) {
            unflushed.remove(fileKey(real));
        }
    }

    /** Loses what was written and not flushed. */
    public void losePower() throws IOException {
        for (Path directory : writtenIn) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    if (unflushed.contains(fileKey(file))) {
                        truncate(file);
                    }
                }
            }
        }
    }

    private static void truncate(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
    }

    private static Object fileKey(Path real) throws IOException {
        return Files.readAttributes(real, BasicFileAttributes.class).fileKey();
    }
}
