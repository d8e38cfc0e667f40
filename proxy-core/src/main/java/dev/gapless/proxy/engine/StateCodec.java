package dev.gapless.proxy.engine;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is saved as JSON (RFC 8259): one object, whose {@code services} are read one by one, as one may be damaged. */
final class StateCodec {
    private StateCodec() {}

    static String encode(List<JsonObject> services) {
        JsonArray array = new JsonArray();
        services.forEach(array::add);
        JsonObject state = new JsonObject();
        state.add("services", array);
        return withoutLoneSurrogates(state.toString());
    }

    /** Half of a surrogate pair cannot be written in UTF-8; where JSON has one it is within a string. */
    private static String withoutLoneSurrogates(String json) {
        StringBuilder escaped = null;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (Character.isSurrogate(c) && !isPaired(json, i)) {
                escaped = escaped == null ? new StringBuilder(json.substring(0, i)) : escaped;
                escaped.append("\\u").append(HexFormat.of().toHexDigits(c));
            } else if (escaped != null) {
                escaped.append(c);
            }
        }
        return escaped == null ? json : escaped.toString();
    }

    private static boolean isPaired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }

    /** {@return the services, each to be decoded; throws an {@link IllegalArgumentException} if that is no state} */
    static List<JsonObject> services(String state) {
        List<JsonObject> services = new ArrayList<>();
        Fields.read("state", parse(state), fields -> {
            for (JsonElement element : fields.elements("services")) {
                if (!(element instanceof JsonObject service)) {
                    throw new IllegalArgumentException("state.services has " + element + "; expected objects");
                }
                services.add(service);
            }
        });
        return services;
    }

    private static JsonElement parse(String state) {
        try {
            return JsonParser.parseString(state);
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("state is not JSON: " + e.getMessage(), e);
        }
    }

    /** {@return the name of a service, which may be all that can be read of it} */
    static String name(JsonObject service) {
        JsonElement name = service.get("name");
        return name != null && name.isJsonPrimitive() ? name.getAsString() : "?";
    }

    static JsonObject encode(SavedService service) {
        JsonObject json = new JsonObject();
        json.addProperty("name", service.name());
        json.addProperty("generation", service.generation());
        json.add("options", OptionsCodec.encode(service.options()));
        json.add("active", encode(service.active()));
        if (service.rollout() != null) {
            JsonObject rollout = encode(service.rollout());
            if (service.split() != null) {
                rollout.add("split", encode(service.split()));
            }
            json.add("rollout", rollout);
        }
        if (service.state() == ServiceInfo.State.PAUSED) {
            json.addProperty("pausedFor", service.maxPause().toString());
        } else if (service.state() == ServiceInfo.State.STOPPED) {
            json.addProperty("stoppedWith", service.message());
        }
        return json;
    }

    private static JsonObject encode(SavedPool pool) {
        JsonObject json = new JsonObject();
        json.add("targets", OptionsCodec.array(texts(pool.targets())));
        json.add("readers", OptionsCodec.array(texts(pool.readers())));
        return json;
    }

    private static List<String> texts(List<TargetAddress> addresses) {
        return addresses.stream().map(TargetAddress::toString).toList();
    }

    private static JsonObject encode(RolloutSplit split) {
        JsonObject json = new JsonObject();
        json.addProperty("percent", split.percent());
        json.add("allowlist", OptionsCodec.array(List.copyOf(new TreeSet<>(split.allowlist()))));
        return json;
    }

    /** {@return the service; throws an {@link IllegalArgumentException} that says what is wrong with it} */
    static SavedService decode(JsonObject json) {
        Reading reading = new Reading();
        Fields.read("service \"" + name(json) + "\"", json, reading::service);
        return reading.result();
    }

    /** What has been read of a service so far. */
    private static final class Reading {
        private String name = "";
        private int generation = 1;
        private final ServiceOptions.Builder options = ServiceOptions.builder();
        private SavedPool active = new SavedPool(List.of(), List.of());
        private @Nullable SavedPool rollout;
        private @Nullable RolloutSplit split;
        private ServiceInfo.State state = ServiceInfo.State.RUNNING;
        private Duration maxPause = Duration.ZERO;
        private String message = "";

        void service(Fields fields) {
            name = fields.requiredText("name");
            generation = fields.integer("generation").orElse(1);
            fields.object("options", members -> OptionsCodec.decode(members, options));
            fields.object("active", members -> active = pool(members));
            fields.object("rollout", members -> {
                rollout = pool(members);
                members.object("split", this::split);
            });
            fields.duration("pausedFor").ifPresent(this::paused);
            fields.text("stoppedWith").ifPresent(this::stopped);
        }

        private void paused(Duration longest) {
            ProxyEngine.checkMaxPause(longest);
            state = ServiceInfo.State.PAUSED;
            maxPause = longest;
        }

        private void stopped(String text) {
            if (state == ServiceInfo.State.PAUSED) {
                throw new IllegalArgumentException(
                        "service \"" + name + "\" is paused and stopped; expected one of these");
            }
            state = ServiceInfo.State.STOPPED;
            message = text;
        }

        private static SavedPool pool(Fields fields) {
            return new SavedPool(addresses(fields.texts("targets")), addresses(fields.texts("readers")));
        }

        private static List<TargetAddress> addresses(List<String> texts) {
            return texts.stream().map(TargetAddress::parse).toList();
        }

        private void split(Fields fields) {
            split = new RolloutSplit(fields.integer("percent").orElse(0), Set.copyOf(fields.texts("allowlist")));
        }

        SavedService result() {
            SavedService saved = new SavedService(
                    name, generation, options.build(), active, rollout, split, state, maxPause, message);
            saved.checkDeployable();
            return saved;
        }
    }
}
