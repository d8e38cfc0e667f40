package dev.gapless.proxy.examples.daemon;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.gapless.proxy.examples.TestTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Many commands at once: whatever they come to, {@code list} shows states that some order of them could have made. */
@Tag("proof")
class ManyCommandsTest {
    private static final int OPERATORS = 8;
    private static final int COMMANDS = 60;
    private static final List<String> SERVICES = List.of("a", "b", "c");
    private static final Set<String> STATES = Set.of("running", "paused", "stopped");

    @TempDir
    Path directory;

    @Test
    void listNeverShowsHalfACommand() throws Exception {
        try (TestTarget v1 = new TestTarget("v1");
                TestTarget v2 = new TestTarget("v2");
                DaemonFixture daemon = DaemonFixture.start(directory.resolve("gapless.sock"))) {
            List<String> targets = List.of(v1.address(), v2.address(), v1.address() + "," + v2.address());
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<Void> watcher = onAThread(() -> watch(daemon, targets, over));
            List<CompletableFuture<Void>> operators = IntStream.range(0, OPERATORS)
                    .mapToObj(seed -> onAThread(() -> operate(daemon, targets, new Random(seed))))
                    .toList();
            for (CompletableFuture<Void> operator : operators) {
                operator.get(50, TimeUnit.SECONDS);
            }
            over.set(true);
            watcher.get(10, TimeUnit.SECONDS);
            assertThatEachServiceCanBeUsed(daemon, v1);
        }
    }

    private static CompletableFuture<Void> onAThread(Callable<?> work) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                work.call();
                end.complete(null);
            } catch (Throwable e) {
                end.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return end;
    }

    private static boolean operate(DaemonFixture daemon, List<String> targets, Random random) throws IOException {
        for (int i = 0; i < COMMANDS; i++) {
            String[] command = command(targets, random);
            DaemonFixture.Outcome outcome = daemon.send(command);
            assertThat(outcome.output()).as(String.join(" ", command)).isEmpty();
            assertThat(outcome.errors()).as(String.join(" ", command)).doesNotContain("the command failed");
            assertThat(outcome.status() == 0).isEqualTo(outcome.errors().isEmpty());
        }
        return true;
    }

    private static String[] command(List<String> targets, Random random) {
        String service = SERVICES.get(random.nextInt(SERVICES.size()));
        String target = "--target=" + targets.get(random.nextInt(targets.size()));
        String line = switch (random.nextInt(9)) {
            case 0, 1 -> "deploy " + service + " " + target + " --path-prefix=/" + service;
            case 2 -> "rollout deploy " + service + " " + target;
            case 3 -> "rollout set " + service + " --percent=50 --list=x";
            case 4 -> "rollout promote " + service;
            case 5 -> "remove " + service;
            case 6 -> "pause " + service;
            case 7 -> "stop " + service;
            default -> "resume " + service;
        };
        return line.split(" ");
    }

    private static int watch(DaemonFixture daemon, List<String> targets, AtomicBoolean over) throws IOException {
        int lists = 0;
        for (; !over.get(); lists++) {
            JsonObject services = JsonParser.parseString(
                            daemon.send("list", "--json").output())
                    .getAsJsonObject();
            assertThat(List.copyOf(services.keySet())).isSorted().isSubsetOf(SERVICES);
            services.entrySet().forEach(entry -> checkRow(entry, targets));
        }
        return lists;
    }

    private static void checkRow(Map.Entry<String, JsonElement> entry, List<String> targets) {
        JsonObject row = entry.getValue().getAsJsonObject();
        assertThat(row.get("path").getAsString()).isEqualTo("/" + entry.getKey());
        assertThat(row.get("target").getAsString()).isIn(targets);
        assertThat(row.get("state").getAsString()).isIn(STATES);
        String rollout = row.get("rollout").getAsString();
        if (!rollout.isEmpty()) {
            assertThat(rollout.replaceFirst(" \\((no split|50%, list x)\\)$", ""))
                    .isIn(targets);
        }
    }

    private static void assertThatEachServiceCanBeUsed(DaemonFixture daemon, TestTarget target) throws Exception {
        for (String service : SERVICES) {
            daemon.succeeds("deploy", service, "--target", target.address(), "--path-prefix", service);
            daemon.succeeds("resume", service);
            assertThat(daemon.get("/" + service + "/x").body()).isEqualTo("v1 /x");
        }
    }
}
