package dev.gapless.proxy.examples.daemon;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A value in a JSON document, or its absence, which {@code null} means too. It knows where it stands, so that what is wrong
 * with it can be said: every method that reads it as something throws a {@link CommandFailure} that quotes it if it is
 * something else.
 */
final class JsonValue {
    private static final int MOST_QUOTED = 80;

    private final String path;
    private final @Nullable JsonElement element;

    private JsonValue(String path, @Nullable JsonElement element) {
        this.path = path;
        this.element = element == null || element.isJsonNull() ? null : element;
    }

    /** Reads a document, or throws an {@link IOException} that says where it is not JSON (RFC 8259). */
    static JsonValue parse(String text) throws IOException {
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        try {
            JsonElement document = new Gson().getAdapter(JsonElement.class).read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IOException("there is more after its end");
            }
            return new JsonValue("", document);
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    boolean isAbsent() {
        return element == null;
    }

    /** Where it stands in the document, {@code [0].options.hosts} for example. */
    String path() {
        return path.isEmpty() ? "the document" : path;
    }

    /** Returns a member of this object; absent of one that is absent. */
    JsonValue member(String name) {
        if (element != null && !element.isJsonObject()) {
            throw isNot("an object");
        }
        JsonObject object = element == null ? new JsonObject() : element.getAsJsonObject();
        return new JsonValue(path.isEmpty() ? name : path + "." + name, object.get(name));
    }

    /** Returns the items of this list; none of one that is absent. */
    List<JsonValue> items() {
        if (element == null) {
            return List.of();
        }
        if (!element.isJsonArray()) {
            throw isNot("a list");
        }
        return IntStream.range(0, element.getAsJsonArray().size())
                .mapToObj(i -> new JsonValue(
                        path + "[" + i + "]", element.getAsJsonArray().get(i)))
                .toList();
    }

    /** Returns the strings in this list that are not empty; none of one that is absent. */
    List<String> texts() {
        return items().stream()
                .flatMap(item -> item.text().stream())
                .filter(text -> !text.isEmpty())
                .toList();
    }

    Optional<String> text() {
        return element == null ? Optional.empty() : Optional.of(stringIn(element));
    }

    private String stringIn(JsonElement present) {
        if (present instanceof JsonPrimitive primitive && primitive.isString()) {
            return primitive.getAsString();
        }
        throw isNot("a string");
    }

    /** Returns false for one that is absent. */
    boolean isTrue() {
        if (element == null) {
            return false;
        }
        if (element instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        throw isNot("true or false");
    }

    OptionalLong wholeNumber(long least, long most) {
        if (element == null) {
            return OptionalLong.empty();
        }
        try {
            if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
                long number = Long.parseLong(primitive.getAsString());
                if (number >= least && number <= most) {
                    return OptionalLong.of(number);
                }
            }
        } catch (NumberFormatException e) {
            // Said below: a fraction, or larger than any long.
        }
        throw isNot("a whole number from " + least + " to " + most);
    }

    CommandFailure isNot(String expected) {
        String value = String.valueOf(element);
        String quoted = value.length() <= MOST_QUOTED ? value : value.substring(0, MOST_QUOTED) + "...";
        return new CommandFailure(path() + " is " + quoted + "; expected " + expected);
    }
}
