package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A proxy that is a main class of this class path, run by the Java that runs the benchmark. */
record JvmContestant(String name, String version, Class<?> main, Set<Workload> workloads, List<String> arguments)
        implements Contestant {

    private static final List<String> OPTIONS = List.of(
            "-Xms512m",
            "-Xmx512m",
            "-XX:ActiveProcessorCount=" + Cores.PER_PROXY,
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.showDateTime=true");

    static String description() {
        return System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version") + ", "
                + String.join(" ", OPTIONS.subList(0, 3));
    }

    @Override
    public String version(Children children) {
        return version;
    }

    @Override
    public List<String> prepare(Site site, Path directory) {
        List<String> command = new ArrayList<>(command(main, site.format()));
        command.addAll(arguments);
        return command;
    }

    /** Runs another main class of this class path likewise. */
    static List<String> command(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Programs.ofJdk("java"));
        command.addAll(OPTIONS);
        command.addAll(List.of("-classpath", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    @Override
    public boolean takes(Workload workload) {
        return workloads.contains(workload);
    }

    @Override
    public int longestWarmUpSeconds(Pace pace) {
        return pace.longestWarmUpSeconds();
    }

    /** Keeps a proxy's process alive for as long as the benchmark's, which holds the other end of standard input. */
    static void runUntilParentEnds() throws IOException {
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }
}
