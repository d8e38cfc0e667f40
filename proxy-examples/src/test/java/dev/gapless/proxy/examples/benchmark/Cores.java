package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which cores are the proxies', and which the client's and the target's. */
final class Cores {
    /** What every proxy gets: cores, and worker threads or processes to match. */
    static final int PER_PROXY = 2;

    private static final String ALLOWED = "Cpus_allowed_list:";

    private final List<Integer> cores;
    private final List<String> proxies;
    private final List<String> others;

    private Cores(List<Integer> cores, boolean pinned) {
        this.cores = cores;
        this.proxies = pinned ? pin(cores.subList(0, PER_PROXY)) : List.of();
        this.others = pinned ? pin(cores.subList(PER_PROXY, cores.size())) : List.of();
    }

    static Cores ofThisMachine() throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            List<Integer> cores = status.filter(line -> line.startsWith(ALLOWED))
                    .findFirst()
                    .map(line -> parse(line.substring(ALLOWED.length()).strip()))
                    .orElse(List.of());
            boolean enough = Math.min(cores.size(), Runtime.getRuntime().availableProcessors()) >= 2 * PER_PROXY;
            return new Cores(cores, enough && Programs.find("taskset").isPresent());
        }
    }

    List<String> forProxy(List<String> command) {
        return join(proxies, command);
    }

    List<String> forOthers(List<String> command) {
        return join(others, command);
    }

    String description() {
        return proxies.isEmpty()
                ? cores.size() + ", shared by all: nothing is pinned (that takes four cores, and taskset)"
                : cores.size() + ", of which the proxies are pinned to " + proxies.get(2)
                        + ", load client and target to " + others.get(2);
    }

    /** Reads a list as the kernel writes it: {@code 0-2,7}. */
    static List<Integer> parse(String list) {
        return Stream.of(list.split(",", -1))
                .flatMapToInt(range -> {
                    String[] ends = range.split("-", -1);
                    return IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
                })
                .boxed()
                .toList();
    }

    private static List<String> pin(List<Integer> cores) {
        String list = cores.stream().map(String::valueOf).collect(Collectors.joining(","));
        return List.of(Programs.require("taskset"), "-c", list);
    }

    private static List<String> join(List<String> prefix, List<String> command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        return whole;
    }
}
