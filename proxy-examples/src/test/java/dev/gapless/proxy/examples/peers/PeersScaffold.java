package dev.gapless.proxy.examples.peers;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import dev.gapless.proxy.examples.benchmark.Certificate;
import dev.gapless.proxy.examples.benchmark.Children;
import dev.gapless.proxy.jetty.ProxyServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Peers that others wrote talk to each other through the proxy. A script plays cases with the ends of each in one process, so
 * that it knows what both saw, directly first, and then by each route through the proxy: what they saw has to be the same.
 */
@Tag("proof")
abstract class PeersScaffold implements ProxyListener {
    private static final int MOST_SHOWN = 20;
    private static final int LONGEST_SHOWN = 1_500;

    @TempDir
    Path directory;

    /** What the proxy says of the requests. */
    final Queue<RequestSummary> requests = new ConcurrentLinkedQueue<>();

    Certificate certificate;
    private ProxyServer proxy;

    @BeforeEach
    void startProxy() throws Exception {
        PeerScript.assumeNode();
        try (Children children = new Children()) {
            certificate = Certificate.generate(children, directory);
        }
        proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .accessLog(false)
                .listener(this)
                .build()
                .start();
    }

    @AfterEach
    void stopProxy() {
        if (proxy != null) {
            proxy.stop();
        }
    }

    @Override
    public void onRequest(RequestSummary request) {
        requests.add(request);
    }

    /** Plays a script, whose targets are deployed for the occasion, by each route that clients of these protocols have. */
    void playSame(String script, Set<Route.Protocol> protocols, String... arguments) throws Exception {
        try (PeerScript peers = PeerScript.start(script, directory.resolve("errors"), List.of(arguments))) {
            Map<String, JsonElement> targets =
                    peers.read().getAsJsonObject("targets").asMap();
            List<Route> routes = new ArrayList<>();
            targets.forEach((name, address) -> {
                deploy(name, address.getAsString());
                protocols.forEach(protocol ->
                        routes.add(Route.to(name, protocol, proxy.port(), proxy.httpsPort(), certificate.chain())));
            });
            peers.write(Map.of("routes", routes));
            List<JsonObject> cases = peers.readAll();
            assertThat(differences(cases)).isEmpty();
            assertThat(played(cases, routes, Route::target)).isEqualTo(targets.keySet());
            assertThat(played(cases, routes, Route::protocol)).isEqualTo(distinct(routes, Route::protocol));
        }
    }

    /** Without a probe: not all of these targets answer one. */
    private void deploy(String name, String address) {
        proxy.services()
                .deploy(Deployment.builder(name)
                        .target(address)
                        .options(optionsOf(name))
                        .force(true)
                        .build());
    }

    private ServiceOptions optionsOf(String name) {
        TargetTls trust =
                TargetTls.builder().certificateAuthority(certificate.chain()).build();
        return ServiceOptions.builder()
                .host(Route.host(name))
                .tls(true)
                .redirectToHttps(false)
                .targetTls(trust)
                .build();
    }

    private static List<String> differences(Collection<JsonObject> cases) {
        return cases.stream()
                .filter(each -> !each.get("expected").equals(each.get("seen")))
                .limit(MOST_SHOWN)
                .map(PeersScaffold::describe)
                .toList();
    }

    private static String describe(JsonObject difference) {
        return difference.get("name").getAsString() + ", "
                + difference.get("route").getAsString() + "\n  expected " + shortened(difference.get("expected"))
                + "\n  but seen " + shortened(difference.get("seen")) + "\n";
    }

    private static String shortened(JsonElement element) {
        String text = element.toString();
        return text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "..." : text;
    }

    /** What the routes are to, or by, of which the script has reported: it need not take all of them for each case. */
    private static Set<String> played(List<JsonObject> cases, List<Route> routes, Function<Route, String> what) {
        Set<String> names =
                cases.stream().map(each -> each.get("route").getAsString()).collect(Collectors.toSet());
        return distinct(
                routes.stream().filter(route -> names.contains(route.name())).toList(), what);
    }

    private static Set<String> distinct(List<Route> routes, Function<Route, String> what) {
        return routes.stream().map(what).collect(Collectors.toSet());
    }

    static Set<Route.Protocol> allProtocols() {
        return EnumSet.allOf(Route.Protocol.class);
    }

    /** {@return what scripts want to know whose targets are on a Unix domain socket and speak TLS as well} */
    String[] placeAndCertificate() {
        return new String[] {
            directory.toString(),
            certificate.chain().toString(),
            certificate.key().toString()
        };
    }
}
