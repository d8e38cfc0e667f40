package dev.gapless.proxy.examples.benchmark;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyInterceptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The reverse proxy of Vert.x, one verticle for each core. */
final class VertxHttpProxy {
    private static final int IDLE_SECONDS = 600;

    private VertxHttpProxy() {}

    static Contestant contestant() {
        // A gRPC call, whose length it is not told, fails on its way to a target of HTTP/2.
        return new JvmContestant(
                "Vert.x http-proxy",
                version(),
                VertxHttpProxy.class,
                EnumSet.complementOf(EnumSet.of(Workload.GRPC)),
                List.of());
    }

    public static void main(String[] args) throws Exception {
        Site site = Site.parse(args[0]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(Cores.PER_PROXY));
        vertx.deployVerticle(() -> new Lane(site), new DeploymentOptions().setInstances(Cores.PER_PROXY))
                .toCompletionStage()
                .toCompletableFuture()
                .get();
        JvmContestant.runUntilParentEnds();
    }

    private static String version() {
        try (InputStream in = Vertx.class.getResourceAsStream("/META-INF/vertx/vertx-version.txt")) {
            return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Lane extends VerticleBase {
        private final Site site;

        Lane(Site site) {
            this.site = site;
        }

        @Override
        public Future<?> start() {
            HttpClientOptions client = new HttpClientOptions().setKeepAliveTimeout(IDLE_SECONDS);
            // More than any workload asks for at a time: nobody queues for a connection here.
            PoolOptions pool = new PoolOptions().setHttp1MaxSize(1024);
            HttpClient toTarget = vertx.createHttpClient(client, pool);
            HttpProxy proxy = HttpProxy.reverseProxy(toTarget).origin(site.targetPort(), "127.0.0.1");
            // It passes on the target's Connection header, for which clients of HTTP/2 must refuse the response.
            HttpProxy proxyOfHttp2 = HttpProxy.reverseProxy(toTarget)
                    .origin(site.targetPort(), "127.0.0.1")
                    .addInterceptor(ProxyInterceptor.builder()
                            .filteringResponseHeaders(Set.of(HttpHeaders.CONNECTION))
                            .build());
            HttpServerOptions secure = new HttpServerOptions()
                    .setSsl(true)
                    .setUseAlpn(true)
                    .setKeyCertOptions(new PemKeyCertOptions()
                            .addCertPath(site.certificate().chain().toString())
                            .addKeyPath(site.certificate().key().toString()));
            return Future.all(
                    listen(proxy, new HttpServerOptions(), site.httpPort()),
                    listen(proxyOfHttp2, secure, site.httpsPort()));
        }

        private Future<?> listen(HttpProxy proxy, HttpServerOptions options, int port) {
            return vertx.createHttpServer(options.setAcceptBacklog(4096))
                    .requestHandler(proxy)
                    .listen(port, "127.0.0.1");
        }
    }
}
