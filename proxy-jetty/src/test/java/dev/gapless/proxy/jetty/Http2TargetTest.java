package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Targets that speak HTTP/2 in clear text. */
class Http2TargetTest extends ProxyScaffold {
    private Http2Target serve(Http2Target target) throws Exception {
        return serve(target, ServiceOptions.defaults());
    }

    private Http2Target serve(Http2Target target, ServiceOptions options) throws Exception {
        proxy = proxy == null ? start(loopback()) : proxy;
        closing(target).start();
        deploy(target.address(), options);
        return target;
    }

    private void deploy(String address, ServiceOptions options) {
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(address)
                        .options(options)
                        .build());
    }

    @Test
    void aRequestOverHttp11ReachesATargetOverHttp2() throws Exception {
        Http2Target target = serve(Http2Target.saying("hello"));

        RawMessage response =
                client().send(RawClient.head("GET", "/a?b", "X-A: 1")).read();

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("hello");
        Http2Target.Incoming request = target.taken();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/a?b");
        assertThat(request.scheme()).isEqualTo("http");
        assertThat(request.fields().get("X-A")).isEqualTo("1");
        assertThat(request.fields().get("X-Kamal-Target")).isEqualTo(target.address());
        assertThat(request.isWhole()).isTrue();
    }

    @Test
    void theAuthorityIsTheHostThatTheClientSentAndThereIsNoOther() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));
        RawClient client = client();

        for (String host : List.of("Example.com:80", "a_b.example:8443", "[::1]:99", "example.com:")) {
            client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").read();
            Http2Target.Incoming request = target.taken();
            assertThat(request.session()).isNotNull();
            assertThat(request.fields().get("Host")).as(host).isIn(host, null);
            assertThat(request.authority() == null ? request.fields().get("Host") : request.authority())
                    .isEqualTo(host);
        }
        http2().get("/");
        assertThat(target.taken().authority()).isEqualTo("example.com");
    }

    @Test
    void aWebSocketIsABadGatewayAsItsTargetHasNoUpgrades() throws Exception {
        serve(Http2Target.saying("ok"));
        RawClient client = client();

        RawMessage response = client.send(RawClient.head("GET", "/", "Connection: Upgrade", "Upgrade: echo"))
                .read();

        assertThat(response.status()).isEqualTo(502);
        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(http2().connect("websocket", "/").response().status()).isEqualTo(502);
    }
}
