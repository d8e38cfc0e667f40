package dev.gapless.proxy;

import dev.gapless.proxy.faults.DeathAtCall;
import dev.gapless.proxy.faults.Faults;
import dev.gapless.proxy.faults.FaultyFileSystem;
import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static dev.gapless.proxy.StateOnDisk.bytes;
import static dev.gapless.proxy.StateOnDisk.found;
import static dev.gapless.proxy.StateOnDisk.names;
import static org.assertj.core.api.Assertions.assertThat;

/** Goes through every call to the file system that a save makes, and lets the process die there. */
final class DeathWhileSavingTest {
    /** What is there before the save. */
    enum Beginning {
        NO_DIRECTORY {
            @Override
            void prepare(Path file) {}
        },
        NOTHING_SAVED {
            @Override
            void prepare(Path file) throws IOException {
                Files.createDirectory(file.getParent());
            }
        },
        SAVED_ONCE {
            @Override
            void prepare(Path file) throws IOException {
                storeAt(file, Faults.none()).save(bytes("one"));
            }
        },
        SAVED_TWICE {
            @Override
            void prepare(Path file) throws IOException {
                SAVED_ONCE.prepare(file);
                storeAt(file, Faults.none()).save(bytes("two"));
            }
        },
        LEFTOVERS_OF_A_CRASH {
            @Override
            void prepare(Path file) throws IOException {
                SAVED_TWICE.prepare(file);
                Files.writeString(file.resolveSibling("state.new"), "half of a sta");
                Files.createLink(file.resolveSibling("state.previous.new"), file);
            }
        };

        abstract void prepare(Path file) throws IOException;
    }

    @TempDir
    Path temporary;

    static Stream<Arguments> everyWayToDie() {
        return Stream.of(Beginning.values())
                .flatMap(beginning -> Stream.of(DeathAtCall.Kind.values())
                        .flatMap(kind ->
                                Stream.of(Arguments.of(beginning, kind, true), Arguments.of(beginning, kind, false))));
    }

    @ParameterizedTest(name = "{0}, {1}, hard links: {2}")
    @MethodSource("everyWayToDie")
    void theOldStateOrTheNewOneIsThere(Beginning beginning, DeathAtCall.Kind kind, boolean hardLinks)
            throws IOException {
        atEachCall(kind, beginning, (file, death) -> {
            List<String> before = found(file);

            boolean saved = save(file, "new", (hardLinks ? Faults.none() : Faults.noHardLinks()).and(death));

            assertThat(saved || death.happened()).as("saved, or dead").isTrue();
            if (saved && kind == DeathAtCall.Kind.POWER_CUT) {
                death.losePower();
            }
            assertOldOrNew(before, found(file), saved);
            assertAnotherSaveWorks(file);
        });
    }

    @Test
    void afterAFailureThatPassesNothingIsLeftBehind() throws IOException {
        AtomicInteger failures = new AtomicInteger();
        atEachCall(DeathAtCall.Kind.FAILS_ONCE, Beginning.SAVED_TWICE, (file, failure) -> {
            failures.addAndGet(save(file, "new", failure) ? 0 : 1);

            assertThat(names(file.getParent())).containsExactly("state", "state.previous");
        });
        assertThat(failures).hasValueGreaterThan(10);
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedStateThatIsBeingSetAsideIsNotLost(DeathAtCall.Kind kind) throws IOException {
        atEachCall(kind, Beginning.SAVED_TWICE, (file, death) -> {
            Files.writeString(file, "garbage");
            setAside(file, death);

            assertThat(found(file)).containsExactly("garbage", "one");
            StateStore restarted = storeAt(file, Faults.none());
            Path aside = Path.of(restarted.setAside(restarted.load().get(0)));
            assertThat(aside).hasContent("garbage");
            assertThat(aside).hasFileName("state.damaged-1");
            restarted.save(bytes("new"));
            assertThat(found(file)).containsExactly("new", "one");
            assertThat(names(file.getParent())).containsExactly("state", "state.damaged-1", "state.previous");
        });
    }

    @ParameterizedTest
    @EnumSource
    void theLastGoodStateIsThereWhileADamagedOneIsBeingReplaced(DeathAtCall.Kind kind) throws IOException {
        atEachCall(kind, Beginning.SAVED_TWICE, (file, death) -> {
            Files.writeString(file, "garbage");
            setAsideAndSave(file, death);

            assertThat(found(file)).isIn(List.of("new", "one"), List.of("garbage", "one"));
        });
    }

    private interface Trial {
        void run(Path file, DeathAtCall death) throws IOException;
    }

    /** Death comes one call later each time, until it comes too late. */
    private void atEachCall(DeathAtCall.Kind kind, Beginning beginning, Trial trial) throws IOException {
        boolean happened = true;
        for (int call = 1; happened; call++) {
            Path file = temporary.resolve("death-" + call).resolve("state");
            beginning.prepare(file);
            DeathAtCall death = new DeathAtCall(kind, call);
            trial.run(file, death);
            happened = death.happened();
        }
    }

    private static void assertOldOrNew(List<String> before, List<String> after, boolean saved) {
        if (saved) {
            assertThat(after).first().isEqualTo("new");
        } else if (before.isEmpty()) {
            assertThat(after).isIn(List.of(), List.of("new"));
        } else {
            assertThat(after.get(0)).isIn("new", before.get(0));
        }
        if (before.size() == 2) {
            assertThat(after).hasSize(2);
            assertThat(after.get(1)).isIn(before);
        }
    }

    private static void assertAnotherSaveWorks(Path file) throws IOException {
        List<String> last = found(file);
        storeAt(file, Faults.none()).save(bytes("after"));

        assertThat(found(file)).first().isEqualTo("after");
        assertThat(found(file)).hasSize(last.isEmpty() ? 1 : 2);
        assertThat(found(file)).endsWith(last.isEmpty() ? "after" : last.get(0));
        assertThat(names(file.getParent())).isSubsetOf("state", "state.previous");
    }

    /** Saves, and tells whether that succeeded. A state that is there is there before every call. */
    private static boolean save(Path file, String state, Faults faults) {
        return succeeds(() -> storeAt(file, faults).save(bytes(state)));
    }

    private static void setAside(Path file, Faults faults) {
        succeeds(() -> {
            StateStore store = storeAt(file, faults);
            store.setAside(store.load().get(0));
        });
    }

    private static void setAsideAndSave(Path file, Faults faults) {
        succeeds(() -> {
            StateStore store = storeAt(file, faults);
            store.setAside(store.load().get(0));
            store.save(bytes("new"));
        });
    }

    private static StateStore storeAt(Path file, Faults faults) {
        boolean wasThere = Files.exists(file);
        Faults neverMissing = (call, real) -> assertThat(wasThere && !Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                .as("missing before %s %s", call, real)
                .isFalse();
        return FileStateStore.at(FaultyFileSystem.path(file, neverMissing.and(faults)));
    }

    private interface Work {
        void run() throws IOException;
    }

    private static boolean succeeds(Work work) {
        try {
            work.run();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
