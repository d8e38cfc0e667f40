package dev.gapless.proxy.jetty.tls;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * Speaks just enough ACME over TLS on the loopback interface, and asks {@link #prover} instead of the network whether a host is
 * proved. What goes wrong is said by {@link #misbehave}.
 */
public class SmallAcmeServer implements AutoCloseable {
    static final String PROBLEM = "urn:ietf:params:acme:error:";

    final List<String> requests = new CopyOnWriteArrayList<>();
    public final List<List<String>> ordered = new CopyOnWriteArrayList<>();
    final List<String> newOrders = new CopyOnWriteArrayList<>();
    final AtomicInteger accounts = new AtomicInteger();
    /** Whether the host, by the challenge type, is proved. */
    public BiFunction<String, String, Boolean> prover = (host, type) -> true;

    List<String> offered = List.of("http-01", "tls-alpn-01", "dns-01");
    Duration lifetime = Duration.ofDays(90);
    Instant validFrom = Instant.now();
    Optional<String> renewalWindow = Optional.empty();
    volatile String accountText = "";
    /** Orders stay in processing for as long. */
    volatile boolean slow;

    private final TestAuthority authority;
    private final HttpsServer server;
    private final AtomicInteger nonces = new AtomicInteger();
    private final Map<Integer, Order> orders = new ConcurrentHashMap<>();

    public SmallAcmeServer(TestAuthority authority) {
        this.authority = authority;
        try {
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
            server.setHttpsConfigurator(new HttpsConfigurator(authority.server()));
            server.createContext("/", this::handle);
            server.start();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** An answer of the server. */
    record Answer(int status, String type, String body, Map<String, String> headers) {
        static Answer json(int status, String body, String... location) {
            return new Answer(
                    status,
                    "application/json",
                    body,
                    location.length == 0 ? Map.of() : Map.of("Location", location[0]));
        }

        static Answer problem(int status, String kind, String detail, Map<String, String> headers) {
            return new Answer(
                    status,
                    "application/problem+json",
                    "{\"type\": \"" + PROBLEM + kind + "\", \"detail\": \"" + detail + "\"}",
                    headers);
        }
    }

    private static final class Order {
        final List<String> hosts;
        final Map<String, String> failed = new ConcurrentHashMap<>();
        final Map<String, Boolean> proved = new ConcurrentHashMap<>();
        volatile X509Certificate certificate;

        Order(List<String> hosts) {
            this.hosts = hosts;
        }
    }

    /** {@return the wrong answer to a request, if this one is answered wrongly} */
    Optional<Answer> misbehave(String path) {
        return Optional.empty();
    }

    /** {@return which hosts the certificate of an order is for} */
    List<String> certified(List<String> hosts) {
        return hosts;
    }

    public URI directory() {
        return URI.create(url("/directory"));
    }

    private String url(String path) {
        return "https://localhost:" + server.getAddress().getPort() + path;
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add(path);
        Answer answer;
        try {
            answer = misbehave(path).orElseGet(() -> answer(path, payload(request)));
        } catch (RuntimeException e) {
            answer = Answer.problem(500, "serverInternal", e.toString(), Map.of());
        }
        exchange.getResponseHeaders().add("Replay-Nonce", "nonce" + nonces.incrementAndGet());
        exchange.getResponseHeaders().add("Content-Type", answer.type());
        answer.headers().forEach(exchange.getResponseHeaders()::add);
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(answer.status(), head || body.length == 0 ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private static String payload(String request) {
        Matcher payload = Pattern.compile("\"payload\":\\s*\"([^\"]*)\"").matcher(request);
        return payload.find()
                ? new String(Base64.getUrlDecoder().decode(payload.group(1)), StandardCharsets.UTF_8)
                : "";
    }

    private Answer answer(String path, String payload) {
        String[] parts = path.split("/", -1);
        return switch (parts[1]) {
            case "directory" -> Answer.json(200, directoryText());
            case "nonce" -> Answer.json(200, "");
            case "account" -> account(payload);
            case "new-order" -> newOrder(payload);
            case "order" -> Answer.json(200, text(Integer.parseInt(parts[2])));
            case "authorization" -> Answer.json(200, authorization(Integer.parseInt(parts[2]), parts[3]));
            case "challenge" -> challenge(Integer.parseInt(parts[2]), parts[3], parts[4]);
            case "finalize" -> finish(Integer.parseInt(parts[2]), payload);
            case "certificate" -> certificate(Integer.parseInt(parts[2]));
            case "renewal" -> Answer.json(200, renewalWindow.orElseThrow());
            default -> Answer.problem(404, "malformed", "no " + path, Map.of());
        };
    }

    private String directoryText() {
        return "{\"newNonce\": \"" + url("/nonce") + "\", \"newAccount\": \"" + url("/account") + "\", \"newOrder\": \""
                + url("/new-order") + "\""
                + (renewalWindow.isPresent() ? ", \"renewalInfo\": \"" + url("/renewal") + "\"" : "") + "}";
    }

    private Answer account(String payload) {
        accountText = payload.replace(" ", "");
        return Answer.json(201, "{\"status\": \"valid\"}", url("/account/" + accounts.incrementAndGet()));
    }

    private Answer newOrder(String payload) {
        List<String> hosts = new ArrayList<>();
        Matcher value = Pattern.compile("\"value\":\\s*\"([^\"]+)\"").matcher(payload);
        while (value.find()) {
            hosts.add(value.group(1));
        }
        ordered.add(List.copyOf(hosts));
        newOrders.add(payload);
        int number = orders.size() + 1;
        orders.put(number, new Order(List.copyOf(hosts)));
        return Answer.json(201, text(number), url("/order/" + number));
    }

    private String text(int number) {
        Order order = orders.get(number);
        String status = "pending";
        if (!order.failed.isEmpty()) {
            status = "invalid";
        } else if (order.certificate != null) {
            status = slow ? "processing" : "valid";
        } else if (order.proved.size() == order.hosts.size()) {
            status = "ready";
        }
        String authorizations = order.hosts.stream()
                .map(host -> "\"" + url("/authorization/" + number + "/" + host.replace("*", "+")) + "\"")
                .collect(Collectors.joining(", "));
        String identifiers = order.hosts.stream()
                .map(host -> "{\"type\": \"dns\", \"value\": \"" + host + "\"}")
                .collect(Collectors.joining(", "));
        return "{\"status\": \"" + status + "\", \"identifiers\": [" + identifiers + "], \"authorizations\": ["
                + authorizations + "], \"finalize\": \"" + url("/finalize/" + number) + "\", \"certificate\": \""
                + url("/certificate/" + number) + "\"}";
    }

    private String authorization(int number, String name) {
        Order order = orders.get(number);
        String host = name.replace("+", "*");
        String status =
                order.failed.containsKey(host) ? "invalid" : order.proved.containsKey(host) ? "valid" : "pending";
        String plain = host.replace("*.", "");
        String challenges = offered.stream()
                .filter(type -> plain.equals(host) || type.equals("dns-01"))
                .map(type -> challengeText(number, host, type))
                .collect(Collectors.joining(", "));
        return "{\"status\": \"" + status + "\", \"identifier\": {\"type\": \"dns\", \"value\": \"" + plain
                + "\"}, \"wildcard\": " + !plain.equals(host) + ", \"challenges\": [" + challenges + "]}";
    }

    private String challengeText(int number, String host, String type) {
        Order order = orders.get(number);
        boolean failed = type.equals(order.failed.get(host));
        return "{\"type\": \"" + type + "\", \"url\": \""
                + url("/challenge/" + number + "/" + host.replace("*", "+") + "/" + type) + "\", \"token\": \"token-"
                + number + "\", \"status\": \"" + (failed ? "invalid" : "pending") + "\""
                + (failed ? ", \"error\": " + problemOf(host) : "") + "}";
    }

    /** The problem of a host that was not proved. */
    String problemOf(String host) {
        return "{\"type\": \"" + PROBLEM + "unauthorized\", \"detail\": \"no proof of " + host + "\"}";
    }

    private Answer challenge(int number, String name, String type) {
        Order order = orders.get(number);
        String host = name.replace("+", "*");
        if (prover.apply(host, type)) {
            order.proved.put(host, true);
        } else {
            order.failed.put(host, type);
        }
        return Answer.json(200, challengeText(number, host, type));
    }

    private Answer finish(int number, String payload) {
        try {
            Matcher csr = Pattern.compile("\"csr\":\\s*\"([^\"]+)\"").matcher(payload);
            if (!csr.find()) {
                throw new IllegalStateException(payload);
            }
            PublicKey key =
                    new JcaPKCS10CertificationRequest(Base64.getUrlDecoder().decode(csr.group(1))).getPublicKey();
            Order order = orders.get(number);
            order.certificate = authority.issue(key, certified(order.hosts), validFrom, validFrom.plus(lifetime));
            return Answer.json(200, text(number));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Answer certificate(int number) {
        try {
            String chain = TestAuthority.pem(
                            "CERTIFICATE", orders.get(number).certificate.getEncoded())
                    + TestAuthority.pem("CERTIFICATE", authority.certificate().getEncoded());
            return new Answer(200, "application/pem-certificate-chain", chain, Map.of());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
