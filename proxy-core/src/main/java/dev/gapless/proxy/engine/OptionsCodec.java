package dev.gapless.proxy.engine;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.PassiveEjection;
import dev.gapless.proxy.ServiceOptions;
import java.util.List;

/** The options of a service as JSON. Defaults are written, too: a later version may have others. */
final class OptionsCodec {
    private OptionsCodec() {}

    static JsonObject encode(ServiceOptions options) {
        JsonObject json = new JsonObject();
        json.add("hosts", array(options.hosts()));
        json.add("pathPrefixes", array(options.pathPrefixes()));
        json.addProperty("stripPathPrefix", options.stripPathPrefix());
        json.addProperty("tls", options.tls());
        json.addProperty("redirectToHttps", options.redirectToHttps());
        options.canonicalHost().ifPresent(host -> json.addProperty("canonicalHost", host));
        json.add("healthCheck", encode(options.healthCheck()));
        json.addProperty("responseTimeout", options.responseTimeout().toString());
        json.addProperty("trustForwardedHeaders", options.trustForwardedHeaders());
        json.add("holdLimits", encode(options.holdLimits()));
        json.add("balancing", encode(options.balancing()));
        json.addProperty("rolloutCookie", options.rolloutCookie());
        options.rolloutKey().ifPresent(name -> json.addProperty("rolloutKey", name));
        return json;
    }

    static void decode(Fields fields, ServiceOptions.Builder options) {
        fields.texts("hosts").forEach(options::host);
        fields.texts("pathPrefixes").forEach(options::pathPrefix);
        fields.flag("stripPathPrefix").ifPresent(options::stripPathPrefix);
        fields.flag("tls").ifPresent(options::tls);
        fields.flag("redirectToHttps").ifPresent(options::redirectToHttps);
        fields.text("canonicalHost").ifPresent(options::canonicalHost);
        fields.object("healthCheck", members -> options.healthCheck(healthCheck(members)));
        fields.duration("responseTimeout").ifPresent(options::responseTimeout);
        fields.flag("trustForwardedHeaders").ifPresent(options::trustForwardedHeaders);
        fields.object("holdLimits", members -> options.holdLimits(holdLimits(members)));
        fields.object("balancing", members -> options.balancing(balancing(members)));
        fields.text("rolloutCookie").ifPresent(options::rolloutCookie);
        fields.text("rolloutKey").ifPresent(options::rolloutKey);
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
                        members.integer("consecutiveFailures").orElse(1),
                        members.duration("duration").orElseThrow())));
        return balancing.build();
    }

    static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }
}
