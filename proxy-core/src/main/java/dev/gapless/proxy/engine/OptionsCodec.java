package dev.gapless.proxy.engine;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.gapless.proxy.AddressRange;
import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CertificateOrigin;
import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.ErrorPages;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.PassiveEjection;
import dev.gapless.proxy.ReportOptions;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.TargetTls;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.TunnelOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The options of a service as JSON. Defaults are written, too: a later version may have others. */
final class OptionsCodec {
    private static final Logger LOG = LoggerFactory.getLogger(OptionsCodec.class);

    private OptionsCodec() {}

    static JsonObject encode(ServiceOptions options) {
        JsonObject json = new JsonObject();
        json.add("hosts", array(options.hosts()));
        json.add("pathPrefixes", array(options.pathPrefixes()));
        json.addProperty("stripPathPrefix", options.stripPathPrefix());
        json.addProperty("tls", options.tls());
        json.add("tlsOptions", encode(options.tlsOptions()));
        json.addProperty("redirectToHttps", options.redirectToHttps());
        options.canonicalHost().ifPresent(host -> json.addProperty("canonicalHost", host));
        json.add("healthCheck", encode(options.healthCheck()));
        json.addProperty("responseTimeout", options.responseTimeout().toString());
        json.add("holdLimits", encode(options.holdLimits()));
        json.add("balancing", encode(options.balancing()));
        json.addProperty("rolloutCookie", options.rolloutCookie());
        options.rolloutKey().ifPresent(name -> json.addProperty("rolloutKey", name));
        json.add("headers", encode(options.headers()));
        json.add("reporting", encode(options.reporting()));
        json.add("bodies", encode(options.bodies()));
        json.add("retries", encode(options.retries()));
        json.add("tunnels", encode(options.tunnels()));
        json.add("targetTls", encode(options.targetTls()));
        options.errorPages().ifPresent(pages -> json.add("errorPages", encode(pages)));
        options.cache().ifPresent(cache -> json.add("cache", encode(cache)));
        options.sendfile().ifPresent(sendfile -> json.add("sendfile", FilesCodec.encode(sendfile)));
        options.staticFiles().ifPresent(files -> json.add("staticFiles", FilesCodec.encode(files)));
        options.compression().ifPresent(compression -> json.add("compression", encode(compression)));
        return json;
    }

    static void decode(Fields fields, ServiceOptions.Builder options) {
        fields.texts("hosts").forEach(options::host);
        fields.texts("pathPrefixes").forEach(options::pathPrefix);
        fields.flag("stripPathPrefix").ifPresent(options::stripPathPrefix);
        fields.flag("tls").ifPresent(options::tls);
        fields.object("tlsOptions", members -> options.tlsOptions(tlsOptions(members)));
        fields.flag("redirectToHttps").ifPresent(options::redirectToHttps);
        fields.text("canonicalHost").ifPresent(options::canonicalHost);
        fields.object("healthCheck", members -> options.healthCheck(healthCheck(members)));
        fields.duration("responseTimeout").ifPresent(options::responseTimeout);
        fields.object("holdLimits", members -> options.holdLimits(holdLimits(members)));
        fields.object("balancing", members -> options.balancing(balancing(members)));
        fields.text("rolloutCookie").ifPresent(options::rolloutCookie);
        fields.text("rolloutKey").ifPresent(options::rolloutKey);
        fields.object("headers", members -> options.headers(headers(members)));
        fields.object("reporting", members -> options.reporting(reporting(members)));
        fields.object("bodies", members -> options.bodies(bodies(members)));
        fields.object("retries", members -> options.retries(retries(members)));
        fields.object("tunnels", members -> options.tunnels(tunnels(members)));
        fields.object("targetTls", members -> options.targetTls(targetTls(members)));
        fields.object("errorPages", members -> options.errorPages(errorPages(members)));
        fields.object("cache", members -> options.cache(cache(members)));
        fields.object("sendfile", members -> options.sendfile(FilesCodec.sendfile(members)));
        fields.object("staticFiles", members -> options.staticFiles(FilesCodec.staticFiles(members)));
        fields.object("compression", members -> options.compression(compression(members)));
    }

    private static JsonObject encode(HealthCheck check) {
        JsonObject json = new JsonObject();
        json.addProperty("path", check.path());
        check.port().ifPresent(port -> json.addProperty("port", port));
        check.host().ifPresent(host -> json.addProperty("host", host));
        json.addProperty("interval", check.interval().toString());
        json.addProperty("timeout", check.timeout().toString());
        json.addProperty("failuresUntilUnhealthy", check.failuresUntilUnhealthy());
        json.addProperty("successesUntilHealthy", check.successesUntilHealthy());
        return json;
    }

    private static HealthCheck healthCheck(Fields fields) {
        HealthCheck.Builder check = HealthCheck.builder();
        fields.text("path").ifPresent(check::path);
        fields.integer("port").ifPresent(check::port);
        fields.text("host").ifPresent(check::host);
        fields.duration("interval").ifPresent(check::interval);
        fields.duration("timeout").ifPresent(check::timeout);
        fields.integer("failuresUntilUnhealthy").ifPresent(check::failuresUntilUnhealthy);
        fields.integer("successesUntilHealthy").ifPresent(check::successesUntilHealthy);
        return check.build();
    }

    private static JsonObject encode(HoldLimits limits) {
        JsonObject json = new JsonObject();
        json.addProperty("maxRequests", limits.maxRequests());
        json.addProperty("maxBodyBytes", limits.maxBodyBytes());
        json.addProperty("releaseConcurrency", limits.releaseConcurrency());
        return json;
    }

    private static HoldLimits holdLimits(Fields fields) {
        HoldLimits defaults = HoldLimits.defaults();
        return new HoldLimits(
                fields.integer("maxRequests").orElse(defaults.maxRequests()),
                fields.number("maxBodyBytes").orElse(defaults.maxBodyBytes()),
                fields.integer("releaseConcurrency").orElse(defaults.releaseConcurrency()));
    }

    private static JsonObject encode(Balancing balancing) {
        JsonObject json = new JsonObject();
        json.addProperty("policy", balancing.policy().name());
        json.addProperty("writerAffinity", balancing.writerAffinity().toString());
        json.addProperty("webSocketsToReaders", balancing.webSocketsToReaders());
        balancing.ejection().ifPresent(ejection -> {
            JsonObject members = new JsonObject();
            members.addProperty("consecutiveFailures", ejection.consecutiveFailures());
            members.addProperty("duration", ejection.duration().toString());
            json.add("ejection", members);
        });
        return json;
    }

    private static Balancing balancing(Fields fields) {
        Balancing.Builder balancing = Balancing.builder();
        fields.text("policy").map(LoadBalancing::new).ifPresent(balancing::policy);
        fields.duration("writerAffinity").ifPresent(balancing::writerAffinity);
        fields.flag("webSocketsToReaders").ifPresent(balancing::webSocketsToReaders);
        fields.object(
                "ejection",
                members -> balancing.ejection(new PassiveEjection(
                        members.integer("consecutiveFailures").orElse(1), members.requiredDuration("duration"))));
        return balancing.build();
    }

    private static JsonObject encode(HeaderOptions headers) {
        JsonObject json = new JsonObject();
        headers.trustForwarded().ifPresent(trust -> json.addProperty("trustForwarded", trust));
        json.add(
                "trustedRanges",
                array(headers.trustedRanges().stream()
                        .map(AddressRange::toString)
                        .toList()));
        headers.clientIpHeader().ifPresent(name -> json.addProperty("clientIpHeader", name));
        json.addProperty("scopeCookiePaths", headers.scopeCookiePaths());
        json.add("requestRules", encode(headers.requestRules()));
        json.add("responseRules", encode(headers.responseRules()));
        return json;
    }

    private static HeaderOptions headers(Fields fields) {
        HeaderOptions.Builder headers = HeaderOptions.builder();
        fields.flag("trustForwarded").ifPresent(headers::trustForwarded);
        fields.texts("trustedRanges").forEach(headers::trustFrom);
        fields.text("clientIpHeader").ifPresent(headers::clientIpHeader);
        fields.flag("scopeCookiePaths").ifPresent(headers::scopeCookiePaths);
        headers.requestRules(rules("requestRules", fields));
        headers.responseRules(rules("responseRules", fields));
        return headers.build();
    }

    private static JsonArray encode(HeaderRules rules) {
        JsonArray array = new JsonArray();
        for (HeaderRules.Rule rule : rules.rules()) {
            JsonObject json = new JsonObject();
            json.addProperty("action", rule.action().name());
            json.addProperty("name", rule.name());
            json.addProperty("value", rule.value());
            array.add(json);
        }
        return array;
    }

    private static HeaderRules rules(String name, Fields fields) {
        HeaderRules.Builder rules = HeaderRules.builder();
        for (JsonElement element : fields.elements(name)) {
            Fields.read(name, element, rule -> addRule(rule, rules));
        }
        return rules.build();
    }

    private static void addRule(Fields rule, HeaderRules.Builder rules) {
        String name = rule.requiredText("name");
        String value = rule.text("value").orElse("");
        switch (HeaderRules.Action.valueOf(rule.requiredText("action"))) {
            case SET -> rules.set(name, value);
            case ADD -> rules.add(name, value);
            case REMOVE -> rules.remove(name);
        }
    }

    private static JsonObject encode(ReportOptions reporting) {
        JsonObject json = new JsonObject();
        json.add("logRequestHeaders", array(reporting.logRequestHeaders()));
        json.add("logResponseHeaders", array(reporting.logResponseHeaders()));
        json.add("excludedMetricsPaths", array(reporting.excludedMetricsPaths()));
        return json;
    }

    private static ReportOptions reporting(Fields fields) {
        return ReportOptions.builder()
                .logRequestHeaders(fields.texts("logRequestHeaders").toArray(String[]::new))
                .logResponseHeaders(fields.texts("logResponseHeaders").toArray(String[]::new))
                .excludedMetricsPaths(fields.texts("excludedMetricsPaths").toArray(String[]::new))
                .build();
    }

    private static JsonObject encode(BodyOptions bodies) {
        JsonObject json = new JsonObject();
        json.addProperty("requestBuffering", bodies.requestBuffering().name());
        json.addProperty("responseBuffering", bodies.responseBuffering().name());
        json.addProperty("bufferMemory", bodies.bufferMemory());
        bodies.maxRequestBytes().ifPresent(bytes -> json.addProperty("maxRequestBytes", bytes));
        bodies.maxResponseBytes().ifPresent(bytes -> json.addProperty("maxResponseBytes", bytes));
        json.add("requestPace", encode(bodies.requestPace()));
        json.add("responsePace", encode(bodies.responsePace()));
        return json;
    }

    private static BodyOptions bodies(Fields fields) {
        BodyOptions.Builder bodies = BodyOptions.builder();
        fields.text("requestBuffering").map(Buffering::valueOf).ifPresent(bodies::requestBuffering);
        fields.text("responseBuffering").map(Buffering::valueOf).ifPresent(bodies::responseBuffering);
        fields.number("bufferMemory").ifPresent(bodies::bufferMemory);
        fields.number("maxRequestBytes").ifPresent(bodies::maxRequestBytes);
        fields.number("maxResponseBytes").ifPresent(bodies::maxResponseBytes);
        fields.object("requestPace", members -> bodies.requestPace(pace(members)));
        fields.object("responsePace", members -> bodies.responsePace(pace(members)));
        return bodies.build();
    }

    private static JsonObject encode(Pace pace) {
        JsonObject json = new JsonObject();
        json.addProperty("bytesPerSecond", pace.bytesPerSecond());
        json.addProperty("idleTime", pace.idleTime().toString());
        return json;
    }

    private static Pace pace(Fields fields) {
        Pace defaults = Pace.defaults();
        return new Pace(
                fields.number("bytesPerSecond").orElse(defaults.bytesPerSecond()),
                fields.duration("idleTime").orElse(defaults.idleTime()));
    }

    private static JsonObject encode(RetryOptions retries) {
        JsonObject json = new JsonObject();
        retries.maxRetries().ifPresent(most -> json.addProperty("maxRetries", most));
        json.addProperty("budgetPercent", retries.budgetPercent());
        json.addProperty("budgetFloor", retries.budgetFloor());
        json.addProperty("nonIdempotent", retries.nonIdempotent());
        json.addProperty("keptBodyBytes", retries.keptBodyBytes());
        return json;
    }

    private static RetryOptions retries(Fields fields) {
        RetryOptions defaults = RetryOptions.defaults();
        RetryOptions.Builder retries = RetryOptions.builder();
        fields.integer("maxRetries").ifPresent(retries::maxRetries);
        retries.budget(
                fields.integer("budgetPercent").orElse(defaults.budgetPercent()),
                fields.integer("budgetFloor").orElse(defaults.budgetFloor()));
        fields.flag("nonIdempotent").ifPresent(retries::nonIdempotent);
        fields.integer("keptBodyBytes").ifPresent(retries::keptBodyBytes);
        return retries.build();
    }

    private static JsonObject encode(TunnelOptions tunnels) {
        JsonObject json = new JsonObject();
        json.addProperty("idleTime", tunnels.idleTime().toString());
        json.addProperty("closeCode", tunnels.closeCode());
        return json;
    }

    private static TunnelOptions tunnels(Fields fields) {
        TunnelOptions.Builder tunnels = TunnelOptions.builder();
        fields.duration("idleTime").ifPresent(tunnels::idleTime);
        fields.integer("closeCode").ifPresent(tunnels::closeCode);
        return tunnels.build();
    }

    /** Files are read from where they are, so that they are as new as they can be, and no key is in the state. */
    private static JsonObject encode(TlsOptions tls) {
        JsonObject json = new JsonObject();
        if (tls.certificate() instanceof CertificateOrigin.Files files) {
            JsonObject members = new JsonObject();
            members.addProperty("chain", files.chain().toString());
            members.addProperty("key", files.key().toString());
            json.add("files", members);
        } else if (tls.certificate() instanceof CertificateOrigin.Source source) {
            json.addProperty("source", source.name());
        } else if (tls.certificate() instanceof CertificateOrigin.Automatic automatic) {
            json.add("automatic", AcmeCodec.encode(automatic.options()));
        }
        tls.strictTransportSecurity().ifPresent(policy -> json.add("strictTransportSecurity", encode(policy)));
        tls.clientCertificates().ifPresent(certificates -> json.add("clientCertificates", encode(certificates)));
        return json;
    }

    private static TlsOptions tlsOptions(Fields fields) {
        TlsOptions.Builder tls = TlsOptions.builder();
        fields.object(
                "files",
                members ->
                        tls.certificate(Path.of(members.requiredText("chain")), Path.of(members.requiredText("key"))));
        fields.text("source").ifPresent(tls::certificateSource);
        fields.object("automatic", members -> tls.automatic(AcmeCodec.decode(members)));
        fields.object(
                "strictTransportSecurity", members -> tls.strictTransportSecurity(strictTransportSecurity(members)));
        fields.object("clientCertificates", members -> tls.clientCertificates(clientCertificates(members)));
        return tls.build();
    }

    private static JsonObject encode(StrictTransportSecurity policy) {
        JsonObject json = new JsonObject();
        json.addProperty("maxAge", policy.maxAge().toString());
        json.addProperty("includeSubDomains", policy.includesSubDomains());
        json.addProperty("preload", policy.isPreloaded());
        return json;
    }

    private static StrictTransportSecurity strictTransportSecurity(Fields fields) {
        StrictTransportSecurity policy = StrictTransportSecurity.of(fields.requiredDuration("maxAge"));
        policy = fields.flag("includeSubDomains").orElse(false) ? policy.includingSubDomains() : policy;
        return fields.flag("preload").orElse(false) ? policy.preloaded() : policy;
    }

    private static JsonObject encode(ClientCertificates certificates) {
        JsonObject json = new JsonObject();
        json.addProperty("authority", certificates.authority().toString());
        json.addProperty("demand", certificates.demand().name());
        json.addProperty("subjectHeader", certificates.subjectHeader());
        return json;
    }

    private static ClientCertificates clientCertificates(Fields fields) {
        return new ClientCertificates(
                Path.of(fields.requiredText("authority")),
                ClientCertificates.Demand.valueOf(fields.requiredText("demand")),
                fields.text("subjectHeader").orElse(ClientCertificates.DEFAULT_SUBJECT_HEADER));
    }

    /** The files are read from where they are, so that they are as new as they can be. */
    private static JsonObject encode(TargetTls tls) {
        JsonObject json = new JsonObject();
        tls.certificateAuthority().ifPresent(file -> json.addProperty("certificateAuthority", file.toString()));
        tls.serverName().ifPresent(name -> json.addProperty("serverName", name));
        tls.clientCertificate().ifPresent(certificate -> {
            JsonObject members = new JsonObject();
            members.addProperty("chain", certificate.chain().toString());
            members.addProperty("key", certificate.key().toString());
            json.add("clientCertificate", members);
        });
        return json;
    }

    private static TargetTls targetTls(Fields fields) {
        TargetTls.Builder tls = TargetTls.builder();
        fields.text("certificateAuthority").map(Path::of).ifPresent(tls::certificateAuthority);
        fields.text("serverName").ifPresent(tls::serverName);
        fields.object(
                "clientCertificate",
                members -> tls.clientCertificate(
                        Path.of(members.requiredText("chain")), Path.of(members.requiredText("key"))));
        return tls.build();
    }

    /** Pages of a directory are read from there again, so that they are as new as it is. */
    private static JsonObject encode(ErrorPages pages) {
        JsonObject json = new JsonObject();
        if (pages.directory().isPresent()) {
            json.addProperty("directory", pages.directory().get().toString());
        } else {
            JsonObject sources = new JsonObject();
            pages.sources().forEach((status, source) -> sources.addProperty(String.valueOf(status), source));
            json.add("pages", sources);
        }
        return json;
    }

    private static ErrorPages errorPages(Fields fields) {
        Map<Integer, String> pages = new TreeMap<>();
        fields.object(
                "pages",
                members -> members.names()
                        .forEach(status -> pages.put(Integer.valueOf(status), members.requiredText(status))));
        return fields.text("directory")
                .map(directory -> pagesOf(Path.of(directory)))
                .orElseGet(() -> ErrorPages.of(pages));
    }

    /** Serving without its pages is better for a service than not being served. */
    private static ErrorPages pagesOf(Path directory) {
        try {
            return ErrorPages.fromDirectory(directory);
        } catch (IllegalArgumentException e) {
            LOG.warn("A service is restored without its error pages: {}", e.getMessage());
            return ErrorPages.lost(directory);
        }
    }

    private static JsonObject encode(CacheOptions cache) {
        JsonObject json = new JsonObject();
        json.addProperty("onDeploy", cache.onDeploy().name());
        json.addProperty("heuristics", cache.heuristics());
        json.addProperty("storeCookies", cache.storeCookies());
        json.addProperty("requestDirectives", cache.requestDirectives());
        json.addProperty("negativeLifetime", cache.negativeLifetime().toString());
        json.addProperty("staleIfUnreachable", cache.staleIfUnreachable().toString());
        json.addProperty("maxObjectBytes", cache.maxObjectBytes());
        json.add("targetedFields", array(cache.targetedFields()));
        json.add("keyHeaders", array(cache.keyHeaders()));
        return json;
    }

    private static CacheOptions cache(Fields fields) {
        CacheOptions.Builder cache = CacheOptions.builder();
        fields.text("onDeploy").map(CacheOnDeploy::valueOf).ifPresent(cache::onDeploy);
        fields.flag("heuristics").ifPresent(cache::heuristics);
        fields.flag("storeCookies").ifPresent(cache::storeCookies);
        fields.flag("requestDirectives").ifPresent(cache::requestDirectives);
        fields.duration("negativeLifetime").ifPresent(cache::negativeLifetime);
        fields.duration("staleIfUnreachable").ifPresent(cache::staleIfUnreachable);
        fields.number("maxObjectBytes").ifPresent(cache::maxObjectBytes);
        return cache.targetedFields(fields.texts("targetedFields"))
                .keyHeaders(fields.texts("keyHeaders"))
                .build();
    }

    private static JsonObject encode(CompressionOptions compression) {
        JsonObject json = new JsonObject();
        json.add(
                "codings",
                array(compression.codings().stream().map(ContentCoding::name).toList()));
        JsonObject levels = new JsonObject();
        compression.levels().forEach((coding, level) -> levels.addProperty(coding.name(), level));
        json.add("levels", levels);
        json.add("types", array(compression.types()));
        json.addProperty("minBytes", compression.minBytes());
        json.addProperty("maxPadding", compression.maxPadding());
        json.addProperty("authenticated", compression.authenticated());
        return json;
    }

    private static CompressionOptions compression(Fields fields) {
        CompressionOptions.Builder compression = CompressionOptions.builder();
        compression.codings(
                fields.texts("codings").stream().map(ContentCoding::valueOf).toArray(ContentCoding[]::new));
        fields.object("levels", members -> {
            for (ContentCoding coding : ContentCoding.values()) {
                members.integer(coding.name()).ifPresent(level -> compression.level(coding, level));
            }
        });
        fields.number("minBytes").ifPresent(compression::minBytes);
        fields.integer("maxPadding").ifPresent(compression::maxPadding);
        fields.flag("authenticated").ifPresent(compression::authenticated);
        return compression.types(fields.texts("types")).build();
    }

    static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }
}
