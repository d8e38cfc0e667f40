package dev.gapless.proxy.examples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

@Tag("proof")
class ExamplesTest {
    private final HttpClient client = HttpClient.newHttpClient();

    private static JavaProcess start(Class<?> example, String... arguments) {
        List<String> command = new ArrayList<>(List.of(example.getName()));
        command.addAll(List.of(arguments));
        return JavaProcess.start(Map.of(), List.of("-Dport=0", "-DhttpsPort=0"), command.toArray(String[]::new));
    }

    /** The numbers in the line that says where it listens. */
    private static List<String> ports(JavaProcess example) throws InterruptedException {
        String line = example.awaitLine(said -> said.startsWith("Listening on port"));
        return List.of(line.replaceAll("[^0-9 ]", "").strip().split(" +"));
    }

    private String get(String port, String path, String... fields) throws Exception {
        return client.send(request(port, path, fields), BodyHandlers.ofString()).body();
    }

    private static HttpRequest request(String port, String path, String... fields) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        return fields.length == 0 ? request.build() : request.headers(fields).build();
    }

    @Test
    void theServletMountSendsAPathOfTheApplicationToABackend() throws Exception {
        try (TestTarget backend = new TestTarget("backend");
                JavaProcess example = start(ServletMount.class, backend.address())) {
            String port = ports(example).get(0);
            example.awaitLine(line -> line.endsWith("swapped, generation 1"));

            assertThat(get(port, "/shop/api/cart")).isEqualTo("backend /cart");
            assertThat(get(port, "/shop/cart")).isEqualTo("the application /shop/cart");

            example.type("\n");
            assertThat(example.awaitExit()).isZero();
        }
    }

    @Test
    void severalApplicationsAreServedByTheirHosts(@TempDir Path directory) throws Exception {
        Path chain = directory.resolve("chain.pem");
        Path key = directory.resolve("key.pem");
        makeCertificate(directory, chain, key);
        try (TestTarget shop = new TestTarget("shop");
                TestTarget blog = new TestTarget("blog");
                JavaProcess example = start(
                        SeveralApplications.class,
                        chain.toString(),
                        key.toString(),
                        "shop.localhost=" + shop.address(),
                        "localhost=" + blog.address())) {
            List<String> ports = ports(example);
            example.awaitLine(line -> line.equals("Serving localhost"));

            HttpResponse<String> redirected = client.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + ports.get(0) + "/a"))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(redirected.headers().firstValue("location")).hasValue("https://localhost/a");

            example.type("\n");
            assertThat(example.awaitExit()).isZero();
        }
    }

    private static void makeCertificate(Path directory, Path chain, Path key) throws Exception {
        Path store = directory.resolve("store.p12");
        String options = "-genkeypair -keyalg EC -groupname secp256r1 -validity 2 -dname CN=localhost -storetype PKCS12"
                + " -ext SAN=dns:localhost,dns:shop.localhost -alias own -storepass changeit -keystore " + store;
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(options.split(" ")));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        Files.writeString(chain, pem("CERTIFICATE", keys.getCertificate("own").getEncoded()));
        Files.writeString(
                key,
                pem("PRIVATE KEY", keys.getKey("own", "changeit".toCharArray()).getEncoded()));
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + what
                + "-----\n";
    }

    @Test
    void noRequestIsLostInAMaintenanceWindow() throws Exception {
        try (TestTarget shop = new TestTarget("shop");
                JavaProcess example = start(MaintenanceWindow.class, shop.address())) {
            String port = ports(example).get(0);
            example.awaitLine(line -> line.startsWith("Serving."));
            assertThat(get(port, "/a")).isEqualTo("shop /a");

            example.type("\n");
            example.awaitLine(line -> line.startsWith("Paused."));
            CompletableFuture<HttpResponse<String>> held =
                    client.sendAsync(request(port, "/b"), BodyHandlers.ofString());
            example.type("\n");
            example.awaitLine(line -> line.startsWith("Serving again."));

            assertThat(held.get().body()).isEqualTo("shop /b");
            example.type("\n");
            assertThat(example.awaitExit()).isZero();
        }
    }

    @Test
    void aCanaryServesSomeClientsUntilItIsPromoted() throws Exception {
        try (TestTarget old = new TestTarget("old");
                TestTarget canary = new TestTarget("canary");
                JavaProcess example = start(Canary.class, old.address(), canary.address())) {
            String port = ports(example).get(0);
            example.awaitLine(line -> line.startsWith("The canary sings."));

            assertThat(get(port, "/a")).isEqualTo("old /a");
            assertThat(get(port, "/a", "Cookie", "kamal-rollout=staff")).isEqualTo("canary /a");

            example.type("\n");
            example.awaitLine(line -> line.startsWith("Promoted."));
            assertThat(get(port, "/a")).isEqualTo("canary /a");
            example.type("\n");
            assertThat(example.awaitExit()).isZero();
        }
    }

    @Test
    void aVersionOfTheApplicationReplacesAnotherInOneProcess() throws Exception {
        try (JavaProcess example = start(InOneProcess.class)) {
            String port = ports(example).get(0);
            example.awaitLine(line -> line.startsWith("Serving version 1."));
            assertThat(get(port, "/a")).isEqualTo("version 1 /a for 127.0.0.1");

            CompletableFuture<Set<String>> answers = CompletableFuture.supplyAsync(() -> answersUntilVersion2(port));
            example.type("\n");
            example.awaitLine(line -> line.startsWith("Serving version 2."));

            assertThat(answers.get()).isSubsetOf("version 1 /b for 127.0.0.1", "version 2 /b for 127.0.0.1");
            example.type("\n");
            assertThat(example.awaitExit()).isZero();
        }
    }

    /** What requests one after the other are answered with, until that comes from the second version, or is of no version. */
    private Set<String> answersUntilVersion2(String port) {
        Set<String> answers = new HashSet<>();
        String answer = "version 1";
        while (answer.startsWith("version 1")) {
            try {
                answer = get(port, "/b");
            } catch (Exception e) {
                answer = e.toString();
            }
            answers.add(answer);
        }
        return answers;
    }
}
