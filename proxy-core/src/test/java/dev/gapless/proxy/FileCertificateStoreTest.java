package dev.gapless.proxy;

import dev.gapless.proxy.spi.CertificateStore.Claim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FileCertificateStoreTest {
    @TempDir
    Path temporary;

    private Path directory;
    private FileCertificateStore store;

    @BeforeEach
    void inADirectoryThatIsMissing() {
        directory = temporary.resolve("a/b");
        store = FileCertificateStore.in(directory);
    }

    @Test
    void whatWasNeverSavedIsNotThere() throws IOException {
        assertThat(store.load("folder/name")).isEmpty();
        store.delete("folder/name");
        assertThat(directory).doesNotExist();
    }

    @Test
    void whatWasSavedLastIsLoadedByAnotherStore() throws IOException {
        store.save("folder/name", bytes("first"));
        store.save("folder/name", bytes("second"));

        assertThat(FileCertificateStore.in(directory).load("folder/name")).contains(bytes("second"));
    }

    @Test
    void filesAndDirectoriesAreTheOwnersOnly() throws IOException {
        store.save("folder/name", bytes("secret"));

        assertThat(permissions(directory)).isEqualTo("rwx------");
        assertThat(permissions(directory.resolve("folder"))).isEqualTo("rwx------");
        assertThat(permissions(directory.resolve("folder/name"))).isEqualTo("rw-------");
    }

    @Test
    void nothingButTheFileIsLeft() throws IOException {
        store.save("name", bytes("first"));
        store.save("name", bytes("second"));

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve("name"));
        }
    }

    @Test
    void whatCannotBeSavedLeavesTheOldAndSaysWhy() throws IOException {
        Files.createDirectories(directory.resolve("name/in-the-way"));

        assertThatThrownBy(() -> store.save("name", bytes("new")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory.resolve("name").toString());
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve("name"));
        }
    }

    @Test
    void whatAKilledProcessLeftIsRemovedAfterAWhile() throws IOException {
        Path old = Files.createDirectories(directory).resolve(".old.new");
        Path recent = directory.resolve(".recent.new");
        Files.setLastModifiedTime(
                Files.createFile(old), FileTime.from(Instant.now().minusSeconds(7200)));
        Files.createFile(recent);
        store.save("name", bytes("content"));

        assertThat(old).doesNotExist();
        assertThat(recent).exists();
    }

    @Test
    void whatWasDeletedIsGone() throws IOException {
        store.save("name", bytes("content"));
        store.delete("name");

        assertThat(store.load("name")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "..", "../name", "a/../b", ".hidden", "a/.hidden", "a/b/c", "/etc", "A", "a b", "a\\b", "a\0"
            })
    void aNameThatIsNotPlainIsRefused(String name) {
        assertThatThrownBy(() -> store.load(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lower-case");
    }

    @Test
    void aClaimIsOnePartys() throws IOException {
        Optional<Claim> first = store.claim("folder/name");

        assertThat(store.claim("folder/name")).isEmpty();
        assertThat(FileCertificateStore.in(directory).claim("folder/name")).isEmpty();
        assertThat(store.claim("folder/other")).isPresent();
        first.orElseThrow().close();
        assertThat(store.claim("folder/name")).isPresent();
    }

    @Test
    void aNameThatEndsInLockIsNoClaim() throws IOException {
        Claim claim = store.claim("folder/name").orElseThrow();
        assertThat(store.load("folder/name.lock")).isEmpty();
        store.save("folder/name.lock", bytes("content"));

        assertThat(FileCertificateStore.in(directory).claim("folder/name")).isEmpty();
        claim.close();
        assertThat(store.claim("folder/name")).isPresent();
        assertThat(store.load("folder/name.lock")).contains(bytes("content"));
    }

    @Test
    void aClaimClosedTwiceDoesNotEndTheNext() throws IOException {
        Claim first = store.claim("name").orElseThrow();
        first.close();
        Optional<Claim> second = store.claim("name");
        first.close();

        assertThat(second).isPresent();
        assertThat(store.claim("name")).isEmpty();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
