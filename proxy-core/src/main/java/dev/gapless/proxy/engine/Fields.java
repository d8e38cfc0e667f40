package dev.gapless.proxy.engine;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of a JSON object. One that is not what is expected, or that nobody has asked for, is an {@link
 * IllegalArgumentException} that names it: a later version may have meant something by it.
 */
final class Fields {
    private final String path;
    private final JsonObject object;
    private final Set<String> read = new HashSet<>();

    private Fields(String path, JsonObject object) {
        this.path = path;
        this.object = object;
    }

    /** Has the members of an element read, all of them. */
    static void read(String path, JsonElement element, Consumer<Fields> reader) {
        if (!(element instanceof JsonObject object)) {
            throw new IllegalArgumentException(path + " is " + element + "; expected an object");
        }
        Fields fields = new Fields(path, object);
        reader.accept(fields);
        for (String name : object.keySet()) {
            if (!fields.read.contains(name)) {
                throw new IllegalArgumentException(path + " has \"" + name + "\", which this version does not know");
            }
        }
    }

    private @Nullable JsonElement member(String name) {
        read.add(name);
        JsonElement member = object.get(name);
        return member == null || member.isJsonNull() ? null : member;
    }

    /** {@return the names of all members} */
    Set<String> names() {
        return Set.copyOf(object.keySet());
    }

    /** Hands a member on, if it is there. */
    void object(String name, Consumer<Fields> reader) {
        JsonElement member = member(name);
        if (member != null) {
            read(path + "." + name, member, reader);
        }
    }

    Optional<String> text(String name) {
        JsonElement member = member(name);
        return member == null ? Optional.empty() : Optional.of(text(name, member));
    }

    String requiredText(String name) {
        return text(name).orElseThrow(() -> missing(name));
    }

    Optional<Long> number(String name) {
        JsonElement member = member(name);
        if (member == null) {
            return Optional.empty();
        }
        if (member instanceof JsonPrimitive primitive && primitive.isNumber()) {
            try {
                return Optional.of(primitive.getAsBigDecimal().longValueExact());
            } catch (ArithmeticException | NumberFormatException e) {
                throw unexpected(name, member, "a whole number");
            }
        }
        throw unexpected(name, member, "a number");
    }

    Optional<Integer> integer(String name) {
        return number(name).map(number -> {
            if (number != (int) (long) number) {
                throw unexpected(name, new JsonPrimitive(number), "a number of 32 bits");
            }
            return (int) (long) number;
        });
    }

    Optional<Boolean> flag(String name) {
        JsonElement member = member(name);
        if (member == null) {
            return Optional.empty();
        }
        if (member instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return Optional.of(primitive.getAsBoolean());
        }
        throw unexpected(name, member, "true or false");
    }

    Optional<Duration> duration(String name) {
        return text(name).map(text -> {
            try {
                return Duration.parse(text);
            } catch (DateTimeParseException e) {
                throw unexpected(name, new JsonPrimitive(text), "an ISO 8601 duration");
            }
        });
    }

    Duration requiredDuration(String name) {
        return duration(name).orElseThrow(() -> missing(name));
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonElement element : elements(name)) {
            texts.add(text(name, element));
        }
        return texts;
    }

    /** {@return the elements of an array; none if it is not there} */
    List<JsonElement> elements(String name) {
        JsonElement member = member(name);
        if (member == null) {
            return List.of();
        }
        if (member instanceof JsonArray array) {
            return array.asList();
        }
        throw unexpected(name, member, "an array");
    }

    private String text(String name, JsonElement element) {
        if (element instanceof JsonPrimitive primitive && primitive.isString()) {
            return primitive.getAsString();
        }
        throw unexpected(name, element, "a string");
    }

    private IllegalArgumentException missing(String name) {
        return new IllegalArgumentException(path + " has no \"" + name + "\"");
    }

    private IllegalArgumentException unexpected(String name, JsonElement value, String expected) {
        return new IllegalArgumentException(path + "." + name + " is " + value + "; expected " + expected);
    }
}
