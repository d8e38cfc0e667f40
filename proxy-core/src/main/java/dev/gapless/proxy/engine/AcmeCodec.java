package dev.gapless.proxy.engine;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The options of automatic certificates as JSON. Defaults are written, too. */
final class AcmeCodec {
    private AcmeCodec() {}

    static JsonObject encode(AcmeOptions options) {
        JsonObject json = new JsonObject();
        json.addProperty("directory", options.directory().toString());
        options.directoryAuthority().ifPresent(file -> json.addProperty("directoryAuthority", file.toString()));
        options.contact().ifPresent(address -> json.addProperty("contact", address));
        options.externalAccount().ifPresent(account -> {
            JsonObject members = new JsonObject();
            members.addProperty("keyId", account.keyId());
            members.addProperty("macKey", account.macKey());
            json.add("externalAccount", members);
        });
        json.addProperty("keyType", name(options.keyType()));
        JsonArray challenges = new JsonArray();
        options.challenges().forEach(challenge -> challenges.add(name(challenge)));
        json.add("challenges", challenges);
        options.dnsRecords().ifPresent(name -> json.addProperty("dnsRecords", name));
        json.addProperty("orderScope", name(options.orderScope()));
        options.onDemand().ifPresent(approval -> json.add("onDemand", encode(approval)));
        json.addProperty("onDemandPerMinute", options.onDemandPerMinute());
        options.storeDirectory().ifPresent(directory -> json.addProperty("storeDirectory", directory.toString()));
        json.addProperty("firstRequestWait", options.firstRequestWait().toString());
        return json;
    }

    static AcmeOptions decode(Fields fields) {
        AcmeOptions.Builder options = AcmeOptions.builder();
        fields.text("directory").map(URI::create).ifPresent(options::directory);
        fields.text("directoryAuthority").map(Path::of).ifPresent(options::directoryAuthority);
        fields.text("contact").ifPresent(options::contact);
        fields.object(
                "externalAccount",
                members -> options.externalAccount(members.requiredText("keyId"), members.requiredText("macKey")));
        fields.text("keyType")
                .map(name -> constant("keyType", AcmeOptions.KeyType.class, name))
                .ifPresent(options::keyType);
        List<AcmeOptions.Challenge> challenges = fields.texts("challenges").stream()
                .map(name -> constant("challenges", AcmeOptions.Challenge.class, name))
                .toList();
        if (!challenges.isEmpty()) {
            options.challenges(challenges.toArray(AcmeOptions.Challenge[]::new));
        }
        fields.text("dnsRecords").ifPresent(options::dnsRecords);
        fields.text("orderScope")
                .map(name -> constant("orderScope", AcmeOptions.OrderScope.class, name))
                .ifPresent(options::orderScope);
        fields.object("onDemand", members -> approval(members, options));
        fields.integer("onDemandPerMinute").ifPresent(options::onDemandPerMinute);
        fields.text("storeDirectory").map(Path::of).ifPresent(options::storeDirectory);
        fields.duration("firstRequestWait").ifPresent(options::firstRequestWait);
        return options.build();
    }

    private static JsonObject encode(Approval approval) {
        JsonObject json = new JsonObject();
        if (approval instanceof Approval.ByName byName) {
            json.addProperty("name", byName.name());
        } else if (approval instanceof Approval.ByUrl byUrl) {
            json.addProperty("url", byUrl.url().toString());
        } else if (approval instanceof Approval.ByPath byPath) {
            json.addProperty("path", byPath.path());
        }
        return json;
    }

    private static void approval(Fields fields, AcmeOptions.Builder options) {
        fields.text("name").map(Approval.ByName::new).ifPresent(options::onDemand);
        fields.text("url").map(URI::create).map(Approval.ByUrl::new).ifPresent(options::onDemand);
        fields.text("path").map(Approval.ByPath::new).ifPresent(options::onDemand);
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static <E extends Enum<E>> E constant(String field, Class<E> type, String name) {
        for (E constant : type.getEnumConstants()) {
            if (name(constant).equals(name)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(field + " is \"" + name + "\", which this version does not know");
    }
}
