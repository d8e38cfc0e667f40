package dev.gapless.proxy.buffer;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The names of our files: {@code gapless-<pid>-<start>-<random>.lock}, and the same with {@code -<number>} and what ends the
 * name of a file of its kind. The time at which the process started tells it from an earlier one with the same id, as all have
 * in containers.
 */
final class ClaimNames {
    static final String LOCK = ".lock";
    static final String SPILL = ".spill";

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String OURS = "gapless";
    private static final String PROCESS = process(ProcessHandle.current());
    private static final String PROCESS_AND_RANDOM = "-\\d+-\\d+-[0-9a-f]{16}";
    private static final Pattern LOCK_NAME = Pattern.compile(OURS + PROCESS_AND_RANDOM + "\\.lock");
    private static final Pattern FILE_REST = Pattern.compile("-\\d+\\.(spill|key|crt)");

    private ClaimNames() {}

    /** {@return what the names of all files of one claim begin with} */
    static String newOwner() {
        return newDirectory(OURS);
    }

    /** {@return the name of a directory that is all this process's: {@code <kind>-<pid>-<start>-<random>}} */
    static String newDirectory(String kind) {
        return kind + PROCESS + HexFormat.of().toHexDigits(RANDOM.nextLong());
    }

    /** {@return what tells whether a directory is one of that kind, of any process} */
    static Predicate<Path> directoriesOf(String kind) {
        Predicate<String> names =
                Pattern.compile(Pattern.quote(kind) + PROCESS_AND_RANDOM).asMatchPredicate();
        return directory -> names.test(name(directory));
    }

    static boolean isLock(Path file) {
        return LOCK_NAME.matcher(name(file)).matches();
    }

    static boolean isOfThisProcess(Path file) {
        return name(file).startsWith(OURS + PROCESS);
    }

    static boolean isFileOf(Path lock, Path file) {
        String owner = name(lock).substring(0, name(lock).length() - LOCK.length());
        return name(file).startsWith(owner)
                && FILE_REST.matcher(name(file).substring(owner.length())).matches();
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String process(ProcessHandle process) {
        long start = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return "-" + process.pid() + "-" + start + "-";
    }
}
