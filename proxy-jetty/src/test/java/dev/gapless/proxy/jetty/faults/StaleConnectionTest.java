package dev.gapless.proxy.jetty.faults;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Connections in the pool that the other end has closed, or is about to. */
class StaleConnectionTest extends FaultTest {
    private static final int ROUNDS = 60;
    private static final Pattern REQUEST_ID = Pattern.compile("X-Request-ID: (.*)\r\n");

    @ParameterizedTest
    @CsvSource({"0, false", "0, true", "300, false", "300, true", "3000, false", "3000, true"})
    void aGetNeverFailsAndAPostIsNeverRepeated(int spins, boolean resets) throws Exception {
        HangingUpTarget target = deploy(new HangingUpTarget(spins, resets));
        try (RawClient client = client()) {
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(client.send(GET).readResponse())
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith("no");
            }
            for (int i = 0; i < ROUNDS; i++) {
                String response = client.send(POST).readResponse();
                assertThat(response.startsWith("HTTP/1.1 200 ") || response.startsWith("HTTP/1.1 502 "))
                        .as(response)
                        .isTrue();
            }
        }
        Set<String> posts = new HashSet<>();
        for (String head : target.heads()) {
            Matcher id = REQUEST_ID.matcher(head);
            assertThat(id.find()).isTrue();
            assertThat(head.startsWith("GET ") || posts.add(id.group(1)))
                    .as("no second " + head)
                    .isTrue();
        }
    }
}
