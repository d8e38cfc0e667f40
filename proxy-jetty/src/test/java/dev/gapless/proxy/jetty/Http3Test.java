package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import dev.gapless.proxy.jetty.quic.FirstPackets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class Http3Test extends Http3Scaffold {
    private static final ServiceOptions STREAMING = ServiceOptions.builder()
            .tls(true)
            .bodies(BodyOptions.builder()
                    .requestBuffering(Buffering.OFF)
                    .responseBuffering(Buffering.OFF)
                    .build())
            .build();
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int DEPLOYMENTS = 4;
    private static final int CLIENT_THREADS = 4;

    private RawTarget serveHttp3(RawTarget target, ServiceOptions options) {
        proxy = start(http3());
        return serve(target, options);
    }

    private static RawTarget echoing() throws Exception {
        return RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + request.body().length + "\r\n\r\n");
            connection.send(request.body());
        });
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private HttpResponse<String> overTcp(HttpClient.Version version, boolean tls, String path) throws Exception {
        String origin = tls ? "https://localhost:" + proxy.httpsPort() : "http://localhost:" + proxy.port();
        return HttpClient.newBuilder()
                .sslContext(certificate.trusting())
                .version(version)
                .build()
                .send(HttpRequest.newBuilder(URI.create(origin + path)).build(), BodyHandlers.ofString());
    }

    private static String alternative(HttpResponse<String> response) {
        return response.headers().firstValue("Alt-Svc").orElse("none");
    }

    /** Sends a request; the target has it when this returns. */
    private static CompletableFuture<ContentResponse> begin(Http3Client client, RawTarget target) throws Exception {
        CompletableFuture<ContentResponse> response = new CompletableResponseListener(client.request("/")).send();
        target.taken();
        return response;
    }

    @Test
    void requestsOverHttp3ReachTheTarget() throws Exception {
        RawTarget target = serveHttp3(RawTarget.answering(RawTarget.OK), TLS);
        Http3Client client = http3Client();

        ContentResponse response = client.request("/a%2Fb?c")
                .headers(headers -> headers.add("Cookie", "a=1").add("Cookie", "b=2"))
                .send();

        assertThat(response.getStatus()).isEqualTo(200);
        assertThat(response.getVersion()).isEqualTo(HttpVersion.HTTP_3);
        assertThat(response.getContentAsString()).isEqualTo("ok");
        RawMessage request = target.taken();
        assertThat(request.requestTarget()).isEqualTo("/a%2Fb?c");
        assertThat(request.field("Host")).isEqualTo("localhost:" + proxy.httpsPort());
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("https");
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.field("Cookie")).isEqualTo("a=1; b=2");
        assertThat(request.body()).isEmpty();
        assertThat(client.get("/again").getStatus()).isEqualTo(200);
    }

    @Test
    void trailersReachTheTarget() throws Exception {
        RawTarget target = serveHttp3(RawTarget.answering(RawTarget.OK), TLS);

        Request.Content lengthless = new BytesRequestContent("hi".getBytes(UTF_8)) {
            @Override
            public long getLength() {
                return -1;
            }
        };

        assertThat(trailing(lengthless).getStatus()).isEqualTo(200);

        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hi");
        assertThat(request.trailers()).containsExactly("x-sum: 42");
    }

    @Test
    void announcedTrailersAfterALengthReachTheTargetOfABufferedBody() throws Exception {
        RawTarget target = serveHttp3(RawTarget.answering(RawTarget.OK), TLS);

        assertThat(trailing(new BytesRequestContent("hi".getBytes(UTF_8))).getStatus())
                .isEqualTo(200);

        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hi");
        assertThat(request.trailers()).containsExactly("x-sum: 42");
    }

    /** Sends a body that trailers follow, which its head announces. */
    private ContentResponse trailing(Request.Content body) throws Exception {
        return http3Client()
                .request("/")
                .method("POST")
                .headers(headers -> headers.add("Trailer", "x-sum"))
                .trailersSupplier(() -> HttpFields.build().add("x-sum", "42"))
                .body(body)
                .send();
    }

    @Test
    void nobodyGivesHimselfOutForAnotherAddress() throws Exception {
        RawTarget target = serveHttp3(RawTarget.answering(RawTarget.OK), TLS);
        UdpRelay relay = closing(UdpRelay.forging(proxy.httpsPort()));
        Http3Client client = closing(Http3Client.trusting(certificate, directory, relay.port()));

        for (int i = 0; i < 5; i++) {
            assertThat(client.get("/").getStatus()).isEqualTo(200);
            assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        }

        assertThat(relay.forged()).isGreaterThan(5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bodiesPassBothWays(boolean buffered) throws Exception {
        serveHttp3(echoing(), buffered ? TLS : STREAMING);
        byte[] body = bytes(100_000);

        ContentResponse response = http3Client()
                .request("/")
                .method("POST")
                .body(new BytesRequestContent(body))
                .send();

        assertThat(response.getContent()).isEqualTo(body);
    }

    @Test
    void aBodyOfUnknownLengthPasses() throws Exception {
        serveHttp3(echoing(), TLS);
        AsyncRequestContent body = new AsyncRequestContent();
        CompletableFuture<ContentResponse> response = new CompletableResponseListener(
                        http3Client().request("/").method("POST").body(body))
                .send();

        body.write(ByteBuffer.wrap(bytes(20_000)), Callback.NOOP);
        body.close();

        assertThat(response.get(15, TimeUnit.SECONDS).getContent()).isEqualTo(bytes(20_000));
    }

    @Tag("proof")
    @Test
    void deploymentsUnderLoadFailNoRequest() throws Exception {
        proxy = start(http3());
        RawTarget replaced = closing(echoing());
        deploy("app", TLS, replaced);
        Http3Client client = http3Client();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger answers = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENT_THREADS);
        closing(threads::shutdownNow);
        for (int i = 0; i < CLIENT_THREADS; i++) {
            byte[] body = bytes(i * 2_000);
            threads.execute(() -> askOnAndOn(client, body, over, answers, failures));
        }

        for (int i = 0; i < DEPLOYMENTS; i++) {
            int before = answers.get();
            eventually("answers between deployments", () -> answers.get() > before + CLIENT_THREADS);
            RawTarget next = closing(echoing());
            deploy("app", TLS, next);
            replaced.close();
            replaced = next;
        }
        over.set(true);
        threads.shutdown();

        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(failures).isEmpty();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    private static void askOnAndOn(
            Http3Client client, byte[] body, AtomicBoolean over, AtomicInteger answers, Queue<String> failures) {
        while (!over.get()) {
            try {
                ContentResponse response = client.request("/")
                        .method("POST")
                        .body(new BytesRequestContent(body))
                        .send();
                if (response.getStatus() != 200 || response.getContent().length != body.length) {
                    failures.add(response.getStatus() + " with " + response.getContent().length);
                }
            } catch (Exception e) {
                failures.add(e.toString());
            }
            answers.incrementAndGet();
        }
    }

    @Test
    void theRequestOfAClientThatLeavesIsCancelled() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        closing(never::countDown);
        RawTarget target = serveHttp3(RawTarget.answeringAfter(never, RawTarget.OK), TLS);
        Request request = http3Client().request("/");
        CompletableFuture<ContentResponse> response = new CompletableResponseListener(request).send();
        target.taken();

        request.abort(new IllegalStateException("changed my mind"));

        assertThat(response).failsWithin(Duration.ofSeconds(10));
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void theRequestOfAConnectionThatIsClosedIsCancelled() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        closing(never::countDown);
        RawTarget target = serveHttp3(RawTarget.answeringAfter(never, RawTarget.OK), TLS);
        Http3Client client = http3Client();
        CompletableFuture<ContentResponse> response = begin(client, target);

        client.close();

        assertThat(response).failsWithin(Duration.ofSeconds(10));
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aResponseThatItsClientHasNoRoomForEndsWithTheConnection() throws Exception {
        byte[] large = new byte[24 * 1024 * 1024];
        serveHttp3(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + large.length + "\r\n\r\n");
                    connection.send(large);
                }),
                TLS);
        Http3Client client = http3Client();
        InputStreamResponseListener unread = new InputStreamResponseListener();
        client.request("/").send(unread);
        assertThat(unread.get(10, TimeUnit.SECONDS).getStatus()).isEqualTo(200);

        client.close();

        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aWebSocketIsRefused() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(http3().listener(log));
        serve(RawTarget.answering(RawTarget.OK), TLS);

        assertThat(http3Client().askForWebSocket()).isEqualTo(405);
        assertThat(log.next().protocol()).isEqualTo("HTTP/3.0");
        assertThat(requestsInFlight()).isZero();
    }

    @Test
    void aBodyBeyondTheLimitIsRefused() throws Exception {
        serveHttp3(
                echoing(),
                ServiceOptions.builder()
                        .tls(true)
                        .bodies(BodyOptions.builder().maxRequestBytes(1000).build())
                        .build());

        ContentResponse response = http3Client()
                .request("/")
                .method("POST")
                .body(new BytesRequestContent(bytes(1001)))
                .send();

        assertThat(response.getStatus()).isEqualTo(413);
    }

    /** With so short a time a connection would be closed before the target has answered if its request did not count. */
    @Test
    void aClientThatWaitsForTheTargetIsNotIdle() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        proxy = start(http3().clientIdleTimeout(Duration.ofMillis(300)));
        RawTarget target = serve(RawTarget.answeringAfter(goOn, RawTarget.OK), TLS);
        CompletableFuture<ContentResponse> response = begin(http3Client(), target);
        long begun = System.nanoTime();

        eventually("longer than the idle timeout", () -> System.nanoTime() - begun > 900_000_000L);
        goOn.countDown();

        assertThat(response.get(10, TimeUnit.SECONDS).getStatus()).isEqualTo(200);
    }

    @Test
    void aHeadBeyondTheLimitIsRefused() throws Exception {
        proxy = start(http3().maxHeaderBytes(8192));
        serve(RawTarget.answering(RawTarget.OK), TLS);
        Http3Client client = http3Client();

        ContentResponse response = client.request("/")
                .headers(headers -> headers.put("Long", "x".repeat(9000)))
                .send();

        assertThat(response.getStatus()).isEqualTo(431);
        assertThat(client.get("/").getStatus()).isEqualTo(200);
    }

    @Test
    void aStoppedServiceIsAnsweredForByTheProxy() throws Exception {
        serveHttp3(RawTarget.answering(RawTarget.OK), TLS);
        proxy.services().stop("app", "Back at noon.");

        ContentResponse response = http3Client().get("/");

        assertThat(response.getStatus()).isEqualTo(503);
        assertThat(response.getContentAsString()).contains("Back at noon.");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void http3IsAnnouncedOverTlsOnly(HttpClient.Version version) throws Exception {
        serveHttp3(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().tls(true).redirectToHttps(false).build());
        String expected = "h3=\":" + proxy.httpsPort() + "\"; ma=3600";

        assertThat(alternative(overTcp(version, true, "/"))).isEqualTo(expected);
        assertThat(alternative(overTcp(version, false, "/"))).isEqualTo("none");
        assertThat(http3Client().get("/").getHeaders().contains("Alt-Svc")).isFalse();
        proxy.services().stop("app", "");
        assertThat(alternative(overTcp(version, true, "/"))).isEqualTo(expected);
    }

    @Test
    void http3IsAnnouncedWithFilesThatTheProxyServes() throws Exception {
        Path files = Files.createDirectory(directory.resolve("files"));
        Files.writeString(files.resolve("page.txt"), "a page");
        serveHttp3(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder()
                        .tls(true)
                        .staticFiles(StaticFiles.in(files))
                        .build());

        assertThat(alternative(overTcp(HttpClient.Version.HTTP_2, true, "/page.txt")))
                .startsWith("h3=");
        ContentResponse response = http3Client().get("/page.txt");
        assertThat(response.getContentAsString()).isEqualTo("a page");
        assertThat(response.getHeaders().contains("Alt-Svc")).isFalse();
    }

    @Test
    void whatATargetAnnouncesStands() throws Exception {
        serveHttp3(RawTarget.answering("HTTP/1.1 200 OK\r\nAlt-Svc: clear\r\nContent-Length: 2\r\n\r\nok"), TLS);

        assertThat(overTcp(HttpClient.Version.HTTP_2, true, "/").headers().allValues("Alt-Svc"))
                .containsExactly("clear");
    }

    @Test
    void nothingIsAnnouncedWhereHttp3IsNotSwitchedOn() throws Exception {
        proxy = start(http3().http3(false));
        serve(RawTarget.answering(RawTarget.OK), TLS);

        assertThat(alternative(overTcp(HttpClient.Version.HTTP_2, true, "/"))).isEqualTo("none");
    }

    @Test
    void aRequestUnderWayEndsBeforeTheProxyStops() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        proxy = start(http3().shutdownGrace(Duration.ofSeconds(10)));
        RawTarget target = serve(RawTarget.answeringAfter(goOn, RawTarget.OK), TLS);
        CompletableFuture<ContentResponse> response = begin(http3Client(), target);
        int port = proxy.port();

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(proxy::stop);
        eventually("the TCP port is closed", () -> !isListening(port));
        goOn.countDown();

        assertThat(response.get(10, TimeUnit.SECONDS).getStatus()).isEqualTo(200);
        assertThat(stopped).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void aRequestThatDoesNotEndIsCutWhenTheProxyStops() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        closing(never::countDown);
        RawTarget target = serveHttp3(RawTarget.answeringAfter(never, RawTarget.OK), TLS);
        CompletableFuture<ContentResponse> response = begin(http3Client(), target);

        assertThat(CompletableFuture.runAsync(proxy::stop)).succeedsWithin(Duration.ofSeconds(10));

        assertThat(response).failsWithin(Duration.ofSeconds(10));
    }

    @Test
    void aStoppedProxyLeavesNoThreadBehindWhateverItsClientsDo() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        serveHttp3(RawTarget.answering(RawTarget.OK), TLS);
        RawQuic halfWay = closing(new RawQuic(proxy.httpsPort()));
        halfWay.sayWithProof(FirstPackets.hello("localhost", "h3"));
        UdpRelay relay = closing(UdpRelay.forging(proxy.httpsPort()));
        Http3Client gone = closing(Http3Client.trusting(certificate, directory, relay.port()));
        assertThat(gone.get("/").getStatus()).isEqualTo(200);
        relay.close(); // Neither hears of the other any more.

        assertThat(CompletableFuture.runAsync(proxy::stop)).succeedsWithin(Duration.ofSeconds(10));

        eventually(
                "its threads end",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("gapless") && !before.contains(thread)));
    }

    private static boolean isListening(int port) {
        try (java.net.Socket socket = new Socket(LOOPBACK, port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aStoppedProxyLeavesNeitherItsPortNorItsKey() throws Exception {
        Set<Path> before = keyDirectories();
        serveHttp3(RawTarget.answering(RawTarget.OK), TLS);
        int port = proxy.httpsPort();
        assertThat(http3Client().get("/").getStatus()).isEqualTo(200);
        Set<Path> made = keyDirectories();
        made.removeAll(before);

        assertThat(made).isNotEmpty().allSatisfy(keys -> {
            assertThat(Files.getPosixFilePermissions(keys)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
            assertThat(keys).isDirectoryContaining("glob:**.key");
        });

        proxy.stop();

        try (DatagramChannel socket = DatagramChannel.open()) {
            socket.bind(new InetSocketAddress(LOOPBACK, port));
        }
        assertThat(made).allSatisfy(keys -> assertThat(keys).doesNotExist());
    }

    /** {@return those of this process} Others may run tests at the same time. */
    private static Set<Path> keyDirectories() throws Exception {
        String ours = "gapless-http3-" + ProcessHandle.current().pid() + "-";
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith(ours))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void whoConnectsMeetsTheNewCertificate() throws Exception {
        Certificates files = Certificates.make(directory, "first", "EC");
        proxy = start(http3().certificate(files.chain(), files.key()));
        serve(RawTarget.answering(RawTarget.OK), TLS);
        Certificates next = Certificates.make(directory, "next", "EC");
        Http3Client early = http3Client(files);
        assertThat(early.get("/").getStatus()).isEqualTo(200);

        Files.copy(next.key(), files.key(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(next.chain(), files.chain(), StandardCopyOption.REPLACE_EXISTING);
        proxy.assembly.tls().checkFiles();

        assertThat(http3Client(next).get("/").getStatus()).isEqualTo(200);
        assertThat(early.get("/").getStatus()).isEqualTo(200);
    }

    @Test
    void aPortInUseOverUdpIsNoticed() throws Exception {
        try (DatagramChannel other = DatagramChannel.open()) {
            other.bind(new InetSocketAddress(LOOPBACK, 0));
            int port = ((InetSocketAddress) other.getLocalAddress()).getPort();

            assertThatThrownBy(() -> start(http3().httpsPort(port))).hasMessageContaining("in use");
        }
    }

    @Test
    void http3NeedsAnHttpsPort() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loopback().http3(true).build())
                .withMessageContaining("HTTP/3 needs an HTTPS port");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"jetty-http3-server", "jetty-quic-quiche-server", "jetty-quic-quiche-jna", "jetty-quiche-native"
            })
    void aMissingArtifactIsNamed(String missing) throws Exception {
        try (WithoutArtifact loader = new WithoutArtifact(missing)) {
            assertThatThrownBy(() -> Http3Artifacts.check(loader))
                    .isInstanceOf(ProxyStartException.class)
                    .hasMessageContaining(missing);
        }
    }
}
