package dev.gapless.proxy.examples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ReadmeSampleTest {
    private static final Path README = Path.of("..", "README.md");
    private static final Path SAMPLE = Path.of("src/main/java/dev/gapless/proxy/examples/QuickStart.java");

    @Test
    void theFirstJavaSampleOfTheReadmeIsTheQuickStart() throws Exception {
        List<String> readme =
                Files.readAllLines(README).stream().map(String::strip).toList();
        int start = readme.indexOf("```java") + 1;
        assertThat(start).as("the line of the first ```java").isPositive();
        List<String> block = readme.subList(start, readme.size());

        List<String> sample = Files.readAllLines(SAMPLE).stream()
                .map(String::strip)
                .dropWhile(line -> line.startsWith("package ") || line.isEmpty())
                .toList();

        assertThat(block.subList(0, block.indexOf("```"))).isEqualTo(sample);
    }

    @Test
    void theQuickStartDeploysOneVersionAfterTheOther() throws Exception {
        try (TestTarget first = new TestTarget("v1");
                TestTarget second = new TestTarget("v2");
                JavaProcess quickStart = JavaProcess.start(
                        Map.of(), List.of("-Dport=0"), QuickStart.class.getName(), first.address(), second.address())) {
            String listening = quickStart.awaitLine(line -> line.startsWith("Listening on port "));
            String port = listening.substring(listening.lastIndexOf(' ') + 1);
            quickStart.awaitLine(line -> line.endsWith("swapped, generation 2"));

            URI uri = URI.create("http://127.0.0.1:" + port + "/hello");
            String answer = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body();
            assertThat(answer).isEqualTo("v2 /hello");

            quickStart.type("\n");
            assertThat(quickStart.awaitExit()).isZero();
        }
    }
}
