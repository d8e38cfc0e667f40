package dev.gapless.proxy.buffer;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The names of our files: {@code gapless-<pid>-<start>-<random>.lock}, and the same with {@code -<number>.spill}. The time at
 * which the process started tells it from an earlier one with the same id, as all have in containers.
 */
final class SpillNames {
    static final String LOCK = ".lock";
    static final String SPILL = ".spill";

    private static final String PROCESS = process(ProcessHandle.current());
    private static final Pattern LOCK_NAME = Pattern.compile("gapless-\\d+-\\d+-[0-9a-f]{16}\\.lock");
    private static final Pattern SPILL_REST = Pattern.compile("-\\d+\\.spill");

    private SpillNames() {}

    /** {@return what the names of all files of one claim begin with} */
    static String newOwner(SecureRandom random) {
        return PROCESS + HexFormat.of().toHexDigits(random.nextLong());
    }

    static boolean isLock(Path file) {
        return LOCK_NAME.matcher(name(file)).matches();
    }

    static boolean isOfThisProcess(Path file) {
        return name(file).startsWith(PROCESS);
    }

    static boolean isSpillOf(Path lock, Path file) {
        String owner = name(lock).substring(0, name(lock).length() - LOCK.length());
        return name(file).startsWith(owner)
                && SPILL_REST.matcher(name(file).substring(owner.length())).matches();
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String process(ProcessHandle process) {
        long start = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return "gapless-" + process.pid() + "-" + start + "-";
    }
}
