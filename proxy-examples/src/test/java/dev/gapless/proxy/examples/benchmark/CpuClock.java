package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The CPU time, user's and system's, that a process and its children have used. */
final class CpuClock {
    /** {@code USER_HZ}, which Linux shows as 100 whatever the kernel ticks at. */
    private static final long MILLIS_PER_TICK = 10;

    /** utime, stime, cutime and cstime, counted from the field after the program's name. */
    private static final List<Integer> FIELDS = List.of(11, 12, 13, 14);

    private CpuClock() {}

    static Duration read(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .mapToLong(handle -> ticks(handle.pid()))
                .mapToObj(ticks -> Duration.ofMillis(ticks * MILLIS_PER_TICK))
                .reduce(Duration.ZERO, Duration::plus);
    }

    private static long ticks(long pid) {
        try {
            return ticks(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
        } catch (IOException e) {
            return 0; // Gone meanwhile: its parent's cutime has it.
        }
    }

    /** The name may itself contain spaces and parentheses, but nothing after it does. */
    static long ticks(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return FIELDS.stream().mapToLong(field -> Long.parseLong(fields[field])).sum();
    }
}
