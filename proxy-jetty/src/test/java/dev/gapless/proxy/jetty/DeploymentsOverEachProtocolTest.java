package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.server.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** As {@link TenDeploymentsTest}, with targets that speak something else than HTTP/1.1 in clear text. */
class DeploymentsOverEachProtocolTest extends TargetScaffold {
    int deployments() {
        return 1;
    }

    int clientsOfEachKind() {
        return 1;
    }

    private static String page(Request request) throws Exception {
        return switch (request.getHttpURI().getPath()) {
            case "/up" -> "";
            case "/slow" -> slow();
            case "/upload" -> JettyTarget.length(request);
            default -> "small";
        };
    }

    private static String slow() {
        DeploymentsUnderLoad.beSlow();
        return "slow";
    }

    private static DeploymentsUnderLoad.Served served(JettyTarget target) {
        return new DeploymentsUnderLoad.Served() {
            @Override
            public String address() {
                return target.address();
            }

            @Override
            public void stop() {
                target.close();
            }
        };
    }

    private void deployUnderLoad(DeploymentsUnderLoad.Targets targets, ServiceOptions options) throws Exception {
        proxy = start(loopback());
        DeploymentsUnderLoad load = closing(new DeploymentsUnderLoad(proxy, targets, options));
        load.startLoad(clientsOfEachKind());

        load.deploy(deployments());

        load.assertNoRequestFailed(0);
        assertThat(proxy.services().list().get(0).generation()).isEqualTo(deployments() + 1);
        eventually("no lease is left", () -> requestsInFlight() == 0);
        assertThat(proxy.assembly.client().getDestinations())
                .as("destinations, at most one a lane")
                .hasSizeLessThanOrEqualTo(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void deploymentsOverHttp2InClearTextFailNoRequest() throws Exception {
        deployUnderLoad(
                () -> served(JettyTarget.h2c(DeploymentsOverEachProtocolTest::page)), ServiceOptions.defaults());
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "http/1.1"})
    void deploymentsWithinTlsFailNoRequest(String protocol) throws Exception {
        Certificates certificate = Certificates.shared();
        TargetTls tls =
                TargetTls.builder().certificateAuthority(certificate.chain()).build();

        deployUnderLoad(
                () -> served(JettyTarget.tls(
                        Http2Target.server(certificate), DeploymentsOverEachProtocolTest::page, protocol)),
                ServiceOptions.builder().targetTls(tls).build());
    }

    @Test
    void deploymentsOverUnixDomainSocketsFailNoRequest() throws Exception {
        Path sockets = Files.createTempDirectory(Path.of("/tmp"), "deployments");
        AtomicInteger versions = new AtomicInteger();

        deployUnderLoad(
                () -> new UnixBridge(
                        sockets.resolve("v" + versions.incrementAndGet()),
                        JettyTarget.http11(DeploymentsOverEachProtocolTest::page)),
                ServiceOptions.defaults());
        closeAll();
        Files.delete(sockets);
    }
}
