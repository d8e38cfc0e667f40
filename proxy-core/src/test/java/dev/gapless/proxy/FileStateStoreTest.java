package dev.gapless.proxy;

import dev.gapless.proxy.faults.Faults;
import dev.gapless.proxy.faults.FaultyFileSystem;
import dev.gapless.proxy.faults.SystemCall;
import dev.gapless.proxy.spi.StateStore;
import dev.gapless.proxy.spi.StateStore.Saved;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.StateOnDisk.bytes;
import static dev.gapless.proxy.StateOnDisk.found;
import static dev.gapless.proxy.StateOnDisk.names;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class FileStateStoreTest {
    @TempDir
    Path directory;

    private Path file;
    private StateStore store;

    @BeforeEach
    void newStore() {
        file = directory.resolve("state");
        store = FileStateStore.at(file);
    }

    @Test
    void nothingIsThereBeforeTheFirstSave() throws IOException {
        assertThat(store.load()).isEmpty();
        assertThat(FileStateStore.at(directory.resolve("missing/state")).load()).isEmpty();
        assertThat(names(directory)).isEmpty();
    }

    @Test
    void whatWasSavedIsThereAfterARestart() throws IOException {
        store.save(bytes("one"));

        assertThat(found(file)).containsExactly("one");
        assertThat(names(directory)).containsExactly("state");
    }

    @Test
    void theVersionBeforeIsKeptAndNoOlderOne() throws IOException {
        store.save(bytes("one"));
        store.save(bytes("two"));
        store.save(bytes("three"));

        assertThat(found(file)).containsExactly("three", "two");
        assertThat(names(directory)).containsExactly("state", "state.previous");
    }

    @Test
    void anEmptyStateAndALargeOneAreKeptAsTheyAre() throws IOException {
        byte[] large = new byte[3_000_000];
        large[2_999_999] = 7;
        store.save(large);
        store.save(new byte[0]);

        assertThat(store.load().get(0).read()).isEmpty();
        assertThat(store.load().get(1).read()).isEqualTo(large);
    }

    @Test
    void whatIsLoadedSaysWhereItIs() throws IOException {
        store.save(bytes("one"));
        store.save(bytes("two"));

        assertThat(store.load())
                .extracting(Saved::location)
                .containsExactly(
                        file.toString(), directory.resolve("state.previous").toString());
    }

    @Test
    void aStateIsReadOnlyWhenItIsAskedFor() throws IOException {
        List<String> opened = new ArrayList<>();
        store.save(bytes("one"));
        store.save(bytes("two"));

        List<Saved> saved = storeWith((call, real) -> {
                    if (call == SystemCall.OPEN) {
                        opened.add(real.getFileName().toString());
                    }
                })
                .load();
        assertThat(opened).isEmpty();
        saved.get(0).read();

        assertThat(opened).containsExactly("state");
    }

    @Test
    void onlyTheOwnerMayReadAnyOfTheFiles() throws IOException {
        file = directory.resolve("a/b/state");
        store = FileStateStore.at(file);
        store.save(bytes("one"));
        store.save(bytes("two"));
        store.setAside(store.load().get(0));

        assertThat(permissions(directory.resolve("a"))).isEqualTo("rwx------");
        assertThat(permissions(directory.resolve("a/b"))).isEqualTo("rwx------");
        assertThat(names(directory.resolve("a/b")))
                .hasSize(3)
                .allSatisfy(
                        name -> assertThat(permissions(directory.resolve("a/b").resolve(name)))
                                .isEqualTo("rw-------"));
    }

    @Test
    void aCopiedPreviousVersionIsTheOwnersToo() throws IOException {
        StateStore store = storeWith(Faults.noHardLinks());
        store.save(bytes("one"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        store.save(bytes("two"));

        assertThat(found(file)).containsExactly("two", "one");
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(permissions(directory.resolve("state.previous"))).isEqualTo("rw-------");
    }

    @Test
    void aDirectoryThatIsThereKeepsItsPermissions() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        store.save(bytes("one"));

        assertThat(permissions(directory)).isEqualTo("rwxr-xr-x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"state.new", "state.previous.new"})
    void whatACrashHasLeftIsReplacedNotWrittenInto(String name) throws IOException {
        Path leftover = directory.resolve(name);
        Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "precious");
        store.save(bytes("one"));
        Files.createLink(leftover, elsewhere);
        Files.setPosixFilePermissions(leftover, PosixFilePermissions.fromString("rwxrwxrwx"));
        store.save(bytes("two"));

        assertThat(found(file)).containsExactly("two", "one");
        assertThat(elsewhere).hasContent("precious");
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(names(directory)).containsExactly("elsewhere", "state", "state.previous");
    }

    @Test
    void whatACrashHasLeftIsNeverLoaded() throws IOException {
        Files.writeString(directory.resolve("state.new"), "half of a sta");

        assertThat(store.load()).isEmpty();
    }

    @Test
    void aCrashBetweenTheLinkAndTheRenameDoesNotKeepALaterSaveFromKeepingThePreviousVersion() throws IOException {
        store.save(bytes("one"));
        Files.createLink(directory.resolve("state.previous.new"), file);
        Files.createLink(directory.resolve("state.previous"), file);
        store.save(bytes("two"));
        assertThat(found(file)).containsExactly("two", "one");
        store.save(bytes("three"));

        assertThat(found(file)).containsExactly("three", "two");
        assertThat(names(directory)).containsExactly("state", "state.previous");
    }

    @Test
    void whatWasWrittenIsFlushedBeforeItIsRenamedAndTheDirectoryIsFlushedLast() throws IOException {
        List<String> calls = new ArrayList<>();
        store.save(bytes("one"));
        Set<SystemCall> changes = Set.of(SystemCall.WRITE, SystemCall.FORCE, SystemCall.LINK, SystemCall.RENAME);
        storeWith((call, real) -> {
                    if (changes.contains(call)) {
                        calls.add(call + " " + directory.getParent().relativize(real));
                    }
                })
                .save(bytes("two"));

        String name = directory.getFileName().toString();
        assertThat(calls)
                .containsExactly(
                        "WRITE " + name + "/state.new",
                        "FORCE " + name + "/state.new",
                        "LINK " + name + "/state.previous.new",
                        "RENAME " + name + "/state",
                        "RENAME " + name + "/state.previous",
                        "FORCE " + name);
    }

    @Test
    void aMissingDirectoryIsFlushedIntoTheOneAboveIt() throws IOException {
        List<Path> flushed = new ArrayList<>();
        Path deep = directory.resolve("a/b/state");
        FileStateStore.at(FaultyFileSystem.path(deep, (call, real) -> {
                    if (call == SystemCall.FORCE) {
                        flushed.add(real);
                    }
                }))
                .save(bytes("one"));

        assertThat(flushed)
                .containsExactly(
                        directory,
                        directory.resolve("a"),
                        directory.resolve("a/b/state.new"),
                        directory.resolve("a/b"));
    }

    @Test
    void aSymbolicLinkStaysOneAndTheFilesLieBesideWhatItLeadsTo() throws IOException {
        Path volume = Files.createDirectory(directory.resolve("volume"));
        Files.createSymbolicLink(directory.resolve("hop"), Path.of("volume/kept"));
        Files.createSymbolicLink(file, Path.of("hop"));
        assertThat(store.load()).isEmpty();
        store.save(bytes("one"));
        store.save(bytes("two"));

        assertThat(found(file)).containsExactly("two", "one");
        assertThat(file).isSymbolicLink();
        assertThat(names(volume)).containsExactly("kept", "kept.previous");
    }

    @Test
    void symbolicLinksInACircleAreAnError() throws IOException {
        Files.createSymbolicLink(file, Path.of("other"));
        Files.createSymbolicLink(directory.resolve("other"), file);

        assertThatIOException().isThrownBy(() -> store.load()).withMessageContaining(file.toString());
        assertThatIOException()
                .isThrownBy(() -> store.save(bytes("one")))
                .withMessageStartingWith("cannot save the state to " + file)
                .withMessageContaining("Loop");
    }

    @Test
    void aDirectoryMayBeASymbolicLink() throws IOException {
        Path volume = Files.createDirectory(directory.resolve("volume"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), volume);
        FileStateStore.at(link.resolve("state")).save(bytes("one"));

        assertThat(found(volume.resolve("state"))).containsExactly("one");
    }

    @Test
    void aDirectoryInThePlaceOfTheStateIsNamedAndLeftAlone() throws IOException {
        Files.createDirectory(file);
        Files.writeString(file.resolve("precious"), "kept");

        assertThatIOException()
                .isThrownBy(() -> store.load())
                .withMessage("cannot look for the state in " + file + ": " + file + " is a directory; expected a file");
        assertThatIOException()
                .isThrownBy(() -> store.save(bytes("one")))
                .withMessage("cannot save the state to " + file + ": " + file + " is a directory; expected a file");
        assertThat(names(directory)).containsExactly("state");
        assertThat(names(file)).containsExactly("precious");
    }

    @Test
    void aDirectoryInThePlaceOfThePreviousVersionIsNamed() throws IOException {
        Path previous = Files.createDirectory(directory.resolve("state.previous"));
        store.save(bytes("one"));

        assertThatIOException().isThrownBy(() -> store.load()).withMessageContaining(previous + " is a directory");
        assertThatIOException()
                .isThrownBy(() -> store.save(bytes("two")))
                .withMessageContaining("replacing " + previous + " failed");
        assertThat(file).hasContent("two");
        assertThat(names(directory)).containsExactly("state", "state.previous");
    }

    @Test
    void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
        Path blocker = Files.writeString(directory.resolve("blocker"), "a file");
        StateStore store = FileStateStore.at(blocker.resolve("sub/state"));

        assertThatIOException().isThrownBy(store::load).withMessageContaining(blocker.toString());
        assertThatIOException()
                .isThrownBy(() -> store.save(bytes("one")))
                .withMessageStartingWith("cannot save the state to " + blocker.resolve("sub/state"));
        assertThatIOException()
                .isThrownBy(() -> FileStateStore.at(blocker.resolve("state")).save(bytes("one")))
                .withMessageStartingWith("cannot save the state to " + blocker.resolve("state"));
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsNamedAndTheStateStays() throws IOException {
        store.save(bytes("one"));
        StateStore readOnly = storeWith((call, real) -> {
            if (call == SystemCall.OPEN && real.endsWith("state.new")) {
                throw new AccessDeniedException(real.toString());
            }
        });

        assertThatIOException()
                .isThrownBy(() -> readOnly.save(bytes("two")))
                .withMessage("cannot save the state to " + file + ": writing " + file
                        + ".new failed: AccessDeniedException: " + file + ".new");
        assertThat(found(file)).containsExactly("one");
    }

    @Test
    void aStateThatCannotBeReadIsNamedAndThePreviousOneIsStillRead() throws IOException {
        store.save(bytes("one"));
        store.save(bytes("two"));
        List<Saved> saved = storeWith(FileStateStoreTest::unreadable).load();

        assertThatIOException()
                .isThrownBy(() -> saved.get(0).read())
                .withMessage("cannot read the state in " + file + ": bad sector");
        assertThat(StateOnDisk.text(saved.get(1))).isEqualTo("one");
    }

    @Test
    void aDirectoryThatCannotBeLookedIntoIsAnError() throws IOException {
        store.save(bytes("one"));
        StateStore blind = storeWith((call, real) -> {
            throw new IOException("bad sector");
        });

        assertThatIOException()
                .isThrownBy(blind::load)
                .withMessage("cannot look for the state in " + file + ": bad sector");
    }

    @Test
    void aFileThatIsFarTooLargeIsNotRead() throws IOException {
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength((64 << 20) + 1);
        }

        assertThatIOException()
                .isThrownBy(() -> store.load().get(0).read())
                .withMessage("cannot read the state in " + file + ": it has 67108865 bytes; expected at most 67108864");
    }

    @Test
    void aStateThatIsFarTooLargeIsNotSaved() throws IOException {
        store.save(bytes("one"));

        assertThatIOException()
                .isThrownBy(() -> store.save(new byte[(64 << 20) + 1]))
                .withMessageContaining("67108865 bytes; expected at most 67108864");
        assertThat(found(file)).containsExactly("one");
    }

    @Test
    void anInterruptFailsTheSaveAndStaysSet() throws IOException {
        store.save(bytes("one"));
        Thread.currentThread().interrupt();
        try {
            assertThatIOException()
                    .isThrownBy(() -> store.save(bytes("two")))
                    .withMessageContaining("ClosedByInterruptException");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(found(file)).containsExactly("one");
        assertThat(names(directory)).containsExactly("state");
    }

    @Test
    void ifSomebodyDeletedTheStateThePreviousVersionIsFoundAndKeptByTheNextSave() throws IOException {
        store.save(bytes("one"));
        store.save(bytes("two"));
        Files.delete(file);
        assertThat(found(file)).containsExactly("one");
        store.save(bytes("three"));

        assertThat(found(file)).containsExactly("three", "one");
    }

    @Test
    void aDamagedStateIsCopiedAndStaysUntilTheNextSave() throws IOException {
        saveTwoAndDamage("garbage");

        assertThat(store.setAside(store.load().get(0))).isEqualTo(file + ".damaged-1");
        assertThat(found(file)).containsExactly("garbage", "one");
        assertThat(directory.resolve("state.damaged-1")).hasContent("garbage");
    }

    @Test
    void writingIntoTheDamagedStateDoesNotReachTheCopy() throws IOException {
        saveTwoAndDamage("garbage");
        store.setAside(store.load().get(0));
        Files.writeString(file, "repaired by hand");

        assertThat(directory.resolve("state.damaged-1")).hasContent("garbage");
    }

    @Test
    void aDamagedStateDoesNotBecomeThePreviousVersion() throws IOException {
        saveTwoAndDamage("garbage");
        store.setAside(store.load().get(0));
        store.save(bytes("three"));
        assertThat(found(file)).containsExactly("three", "one");
        store.save(bytes("four"));

        assertThat(found(file)).containsExactly("four", "three");
        assertThat(directory.resolve("state.damaged-1")).hasContent("garbage");
    }

    @Test
    void aDamagedStateThatIsFoundAgainAfterARestartIsNotCopiedAgain() throws IOException {
        saveTwoAndDamage("garbage");
        store.setAside(store.load().get(0));
        StateStore restarted = FileStateStore.at(file);

        assertThat(restarted.setAside(restarted.load().get(0))).isEqualTo(file + ".damaged-1");
        restarted.save(bytes("three"));
        assertThat(found(file)).containsExactly("three", "one");
        assertThat(names(directory)).containsExactly("state", "state.damaged-1", "state.previous");
    }

    @Test
    void eachDamageHasItsOwnFileAndANumberAboveAllOthers() throws IOException {
        Files.writeString(directory.resolve("state.damaged-9"), "older");
        Files.writeString(directory.resolve("state.damaged-x"), "not ours");
        Files.writeString(directory.resolve("statexdamaged-11"), "not ours");
        saveTwoAndDamage("garbage");
        assertThat(store.setAside(store.load().get(0))).endsWith("state.damaged-10");
        Files.writeString(file, "other garbage");

        assertThat(store.setAside(store.load().get(0))).endsWith("state.damaged-11");
        assertThat(directory.resolve("state.damaged-9")).hasContent("older");
        assertThat(directory.resolve("state.damaged-10")).hasContent("garbage");
        assertThat(directory.resolve("state.damaged-11")).hasContent("other garbage");
    }

    @Test
    void ifBothVersionsAreDamagedBothAreSetAsideAndTheNextSaveStandsAlone() throws IOException {
        saveTwoAndDamage("garbage");
        Files.writeString(directory.resolve("state.previous"), "more garbage");
        List<Saved> saved = store.load();

        assertThat(store.setAside(saved.get(0))).endsWith("state.damaged-1");
        assertThat(store.setAside(saved.get(1))).endsWith("state.damaged-2");
        store.save(bytes("three"));
        store.save(bytes("four"));
        assertThat(found(file)).containsExactly("four", "three");
        assertThat(directory.resolve("state.damaged-1")).hasContent("garbage");
        assertThat(directory.resolve("state.damaged-2")).hasContent("more garbage");
    }

    @Test
    void aDamagedPreviousVersionDoesNotKeepTheStateFromBecomingIt() throws IOException {
        store.save(bytes("one"));
        store.save(bytes("two"));
        Files.writeString(directory.resolve("state.previous"), "garbage");
        store.setAside(store.load().get(1));
        store.save(bytes("three"));

        assertThat(found(file)).containsExactly("three", "two");
    }

    @Test
    void anEmptiedStateIsSetAsideToo() throws IOException {
        saveTwoAndDamage("");

        assertThat(store.setAside(store.load().get(0))).endsWith("state.damaged-1");
        assertThat(directory.resolve("state.damaged-1")).isEmptyFile();
    }

    @Test
    void aStateThatCannotBeReadIsLinked() throws IOException {
        saveTwoAndDamage("garbage");
        StateStore store = storeWith(FileStateStoreTest::unreadable);

        assertThat(store.setAside(store.load().get(0))).endsWith("state.damaged-1");
        store.save(bytes("three"));
        assertThat(found(file)).containsExactly("three", "one");
        assertThat(directory.resolve("state.damaged-1")).hasContent("garbage");
    }

    @Test
    void aStateThatCanNeitherBeReadNorLinkedIsNotOverwritten() throws IOException {
        saveTwoAndDamage("garbage");
        StateStore store = storeWith(Faults.noHardLinks().and(FileStateStoreTest::unreadable));
        Saved damaged = store.load().get(0);

        assertThatIOException()
                .isThrownBy(() -> store.setAside(damaged))
                .withMessageStartingWith("cannot set aside the damaged state " + file + ": linking " + file);
        assertThatIOException()
                .isThrownBy(() -> store.save(bytes("three")))
                .withMessage("cannot save the state to " + file + ": bad sector");
        assertThat(found(file)).containsExactly("garbage", "one");
    }

    @Test
    void aDamagedStateThatIsGoneCannotBeSetAside() throws IOException {
        saveTwoAndDamage("garbage");
        Saved damaged = store.load().get(0);
        Files.delete(file);

        assertThatIOException()
                .isThrownBy(() -> store.setAside(damaged))
                .withMessageStartingWith("cannot set aside the damaged state " + file);
    }

    @Test
    void onlyWhatThisStoreHasLoadedCanBeSetAside() throws IOException {
        store.save(bytes("one"));
        Saved foreign = FileStateStore.at(file).load().get(0);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.setAside(foreign))
                .withMessageContaining("\"" + file + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/"})
    void aPathWithoutAFileNameIsRefused(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FileStateStore.at(Path.of(path)))
                .withMessage(
                        "state file \"" + path + "\" has no name; expected a file, for example \"/var/lib/app/state\"");
    }

    @Test
    void aRelativePathMeansWhatItMeantWhenTheStoreWasMade() throws IOException {
        Path relative = Path.of("").toAbsolutePath().relativize(file);
        FileStateStore.at(relative).save(bytes("one"));

        assertThat(found(file)).containsExactly("one");
    }

    private void saveTwoAndDamage(String content) throws IOException {
        store.save(bytes("one"));
        store.save(bytes("two"));
        Files.writeString(file, content);
    }

    private StateStore storeWith(Faults faults) {
        return FileStateStore.at(FaultyFileSystem.path(file, faults));
    }

    private static void unreadable(SystemCall call, Path real) throws IOException {
        if (call == SystemCall.READ && real.endsWith("state")) {
            throw new IOException("bad sector");
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
