package dev.gapless.proxy.examples.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The state file of Kamal Proxy 0.8 or 0.9: a JSON list of its services. Members that mean nothing here are skipped. */
final class KamalState {
    private static final int MOST_BYTES = 64 << 20;

    private KamalState() {}

    /** Reads the services, or throws a {@link CommandFailure} that says what is wrong with the file. */
    static List<KamalService> read(Path file) {
        try {
            return services(text(file));
        } catch (NoSuchFileException e) {
            throw new CommandFailure("there is no file " + file);
        } catch (CharacterCodingException e) {
            throw new CommandFailure(file + " is not a state of Kamal Proxy: it is not JSON, not even UTF-8");
        } catch (IOException e) {
            throw new CommandFailure(file + " cannot be read: " + e);
        } catch (CommandFailure e) {
            throw new CommandFailure(file + " is not a state of Kamal Proxy: " + e.getMessage());
        }
    }

    private static String text(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new CommandFailure("it is larger than " + MOST_BYTES + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }

    /** Reads the services, or throws a {@link CommandFailure} that says what is wrong with the text. */
    static List<KamalService> services(String json) {
        JsonValue document;
        try {
            document = JsonValue.parse(json);
        } catch (IOException e) {
            throw new CommandFailure("it is not JSON: " + e.getMessage());
        }
        if (document.isAbsent()) {
            throw document.isNot("a list");
        }
        return document.items().stream().map(KamalService::of).toList();
    }
}
