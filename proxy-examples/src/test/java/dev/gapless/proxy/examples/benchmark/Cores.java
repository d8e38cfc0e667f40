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

    /** What every proxy gets while it is measured by handshakes, which cost the clients no less. */
    static final int FOR_HANDSHAKES = 1;

    private static final String ALLOWED = "Cpus_allowed_list:";

    private final List<Integer> cores;
    private final boolean pinned;
    private final List<String> proxies;
    private final List<String> others;

    private Cores(List<Integer> cores, boolean pinned) {
        this.cores = cores;
        this.pinned = pinned;
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

    /** Runs on all cores but those that {@link #narrow} leaves a proxy. */
    List<String> forClientsOfHandshakes(List<String> command) {
        return join(pinned ? pin(cores.subList(FOR_HANDSHAKES, cores.size())) : List.of(), command);
    }

    /** Leaves a proxy that runs the cores it is measured by handshakes with. */
    void narrow(Children children, Process proxy) throws IOException, InterruptedException {
        move(children, proxy, FOR_HANDSHAKES);
    }

    /** Gives a proxy that runs all its cores again. */
    void widen(Children children, Process proxy) throws IOException, InterruptedException {
        move(children, proxy, PER_PROXY);
    }

    private void move(Children children, Process proxy, int number) throws IOException, InterruptedException {
        if (!pinned) {
            return;
        }
        String list = list(cores.subList(0, number));
        for (ProcessHandle each :
                Stream.concat(Stream.of(proxy.toHandle()), proxy.descendants()).toList()) {
            children.run(List.of(
                    Programs.require("taskset"),
                    "--all-tasks",
                    "--cpu-list",
                    "--pid",
                    list,
                    Long.toString(each.pid())));
        }
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
        return List.of(Programs.require("taskset"), "-c", list(cores));
    }

    private static String list(List<Integer> cores) {
        return cores.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static List<String> join(List<String> prefix, List<String> command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        return whole;
    }
}
