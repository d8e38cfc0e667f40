package dev.gapless.proxy.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class StateDocumentTest {
    private static final String PAYLOAD = "{\"services\":[{\"name\":\"caf\u00e9 \ud83d\ude00\",\n\"paused\":true}]}\n";
    private static final byte[] DOCUMENT = StateDocument.encode(PAYLOAD);

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "\n", "gapless-state 1 0 ", PAYLOAD})
    void whatWasEncodedIsDecoded(String payload) throws DamagedStateException {
        assertThat(StateDocument.decode(StateDocument.encode(payload))).isEqualTo(payload);
    }

    @Test
    void aLargePayloadIsDecoded() throws DamagedStateException {
        String payload = "\u20ac".repeat(1_000_000);

        assertThat(StateDocument.decode(StateDocument.encode(payload))).isEqualTo(payload);
    }

    @Test
    void theFormOfVersionOneStaysAsItIs() throws DamagedStateException {
        String document = "gapless-state 1 2 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n{}";

        assertThat(new String(StateDocument.encode("{}"), StandardCharsets.UTF_8))
                .isEqualTo(document);
        assertThat(StateDocument.decode(document.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("{}");
    }

    @Test
    void aDocumentCutAnywhereIsTruncated() {
        for (int length = 0; length < DOCUMENT.length; length++) {
            byte[] cut = Arrays.copyOf(DOCUMENT, length);

            assertDamaged(cut, "the state is truncated");
        }
    }

    @Test
    void aDocumentWithoutItsBeginningIsInvalid() {
        for (int from = 1; from < DOCUMENT.length; from++) {
            assertDamaged(Arrays.copyOfRange(DOCUMENT, from, DOCUMENT.length), "state");
        }
    }

    @Test
    void anySingleBitThatFlipsIsNoticed() {
        for (int bit = 0; bit < DOCUMENT.length * 8; bit++) {
            byte[] flipped = DOCUMENT.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);

            assertDamaged(flipped, "state");
        }
    }

    @Test
    void anyByteThatIsOverwrittenIsNoticed() {
        for (int at = 0; at < DOCUMENT.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] overwritten = DOCUMENT.clone();
                overwritten[at] = (byte) value;
                if (!Arrays.equals(overwritten, DOCUMENT)) {
                    assertDamaged(overwritten, "state");
                }
            }
        }
    }

    @Test
    void zerosInPlaceOfTheLastBytesAreNoticed() {
        for (int from = 0; from < DOCUMENT.length; from++) {
            byte[] zeroed = DOCUMENT.clone();
            Arrays.fill(zeroed, from, zeroed.length, (byte) 0);

            assertDamaged(zeroed, "state");
        }
    }

    @Test
    void randomBytesAreNoState() {
        Random random = new Random(20);
        for (int round = 0; round < 10_000; round++) {
            byte[] garbage = new byte[random.nextInt(300)];
            random.nextBytes(garbage);

            assertDamaged(garbage, "state");
        }
    }

    @Test
    void randomBytesAfterAGoodBeginningAreNoState() {
        Random random = new Random(21);
        for (int round = 0; round < 10_000; round++) {
            byte[] garbage = DOCUMENT.clone();
            int from = random.nextInt(garbage.length - 8);
            for (int at = from; at < garbage.length; at++) {
                garbage[at] = (byte) random.nextInt();
            }

            assertDamaged(garbage, "state");
        }
    }

    @Test
    void anEmptyFileIsATruncatedState() {
        assertDamaged(new byte[0], "the state is truncated: it is empty");
    }

    @Test
    void theMessageOfATruncatedStateSaysWhatIsMissing() {
        assertDamaged(Arrays.copyOf(DOCUMENT, 20), "the state is truncated: it ends within its first line");
        assertDamaged(
                Arrays.copyOf(StateDocument.encode("12345"), StateDocument.encode("12345").length - 2),
                "the state is truncated: 3 of 5 bytes follow its first line");
    }

    @Test
    void bytesThatFollowTheStateAreNoticed() {
        byte[] document = StateDocument.encode("12345");

        assertDamaged(
                Arrays.copyOf(document, document.length + 1),
                "the state is corrupt: 6 instead of 5 bytes follow its first line");
    }

    @Test
    void anotherPayloadOfTheSameLengthIsCorrupt() {
        String changed =
                new String(StateDocument.encode("12345"), StandardCharsets.UTF_8).replace("\n12345", "\n12346");

        assertDamaged(changed, "the state is corrupt: its checksum does not fit its content");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"services\": []}", "\n", " ", "hello", "gapless-stat 1", "gapless-state x", "PK\3\4"})
    void whatNobodySavedIsInvalid(String content) {
        assertDamaged(content, "the state is invalid: its first line is not that of a saved state");
    }

    @ParameterizedTest
    @CsvSource({"7, 7", "2, 2", "10, 10", "0, 0", "01, 01", "999999999, 999999999"})
    void aStateOfAnotherVersionIsRefusedWhateverFollows(String version, String named) {
        assertDamaged("gapless-state " + version + "\nanything", "unknown version " + named + ":");
        assertDamaged("gapless-state " + version + " zstd 12 sha3\n", "unknown version " + named + ":");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-2", "+2", "02", "2.0", "99999999999", "", "0x2", " 2"})
    void aLengthThatNobodyWroteIsInvalid(String length) {
        String hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

        assertDamaged("gapless-state 1 " + length + " " + hash + "\n{}", "the state is invalid");
    }

    @Test
    void aHugeLengthIsATruncatedState() {
        String hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

        assertDamaged("gapless-state 1 9999999999 " + hash + "\n{}", "the state is truncated: 2 of 9999999999 bytes");
    }

    @Test
    void aChecksumInCapitalsIsNotWhatWasSaved() {
        String document = "gapless-state 1 2 44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A\n{}";

        assertDamaged(document, "the state is invalid");
    }

    @Test
    void whatIsNotUtf8IsInvalidEvenWithTheRightChecksum() {
        // The SHA-256 of the byte FF.
        String hash = "a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89";
        byte[] document = ("gapless-state 1 1 " + hash + "\n\u00ff").getBytes(StandardCharsets.ISO_8859_1);

        assertDamaged(document, "the state is invalid: it is not UTF-8");
    }

    @Test
    void whatUtf8CannotSayIsRefusedRatherThanChanged() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StateDocument.encode("half \ud83d"))
                .withMessageContaining("half of a surrogate pair");
    }

    private static void assertDamaged(String document, String message) {
        assertDamaged(document.getBytes(StandardCharsets.UTF_8), message);
    }

    private static void assertDamaged(byte[] document, String message) {
        assertThatThrownBy(() -> StateDocument.decode(document))
                .isExactlyInstanceOf(DamagedStateException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("state");
    }
}
