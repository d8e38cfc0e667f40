package dev.gapless.proxy.engine;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an immutable object of the proxy says of itself, down to what is not the proxy's own: found by reflection. */
final class Accessors {
    /** The value of an optional that has none. */
    static final String ABSENT = "(absent)";

    private static final Set<String> OF_EVERY_OBJECT =
            Set.of("toString", "hashCode", "getClass", "notify", "notifyAll");

    private final Map<String, String> values = new TreeMap<>();

    private Accessors() {}

    /** Returns the values by their paths, {@code balancing.ejection.duration} for example. */
    static Map<String, String> valuesOf(Object object) {
        Accessors accessors = new Accessors();
        accessors.read("", object);
        return accessors.values;
    }

    private void read(String path, @Nullable Object value) {
        List<Method> accessors = value == null ? List.of() : accessors(value);
        if (value instanceof Optional<?> optional) {
            read(path, optional.orElse(null));
        } else if (value instanceof Collection<?> collection && !(value instanceof Set<?>) && !collection.isEmpty()) {
            int i = 0;
            for (Object element : collection) {
                read(path + "[" + i++ + "]", element);
            }
        } else if (accessors.isEmpty()) {
            values.put(path, value == null ? ABSENT : leaf(value));
        } else {
            accessors.forEach(
                    accessor -> read((path.isEmpty() ? "" : path + ".") + accessor.getName(), call(accessor, value)));
        }
    }

    private static String leaf(Object value) {
        return value instanceof Set<?> set
                ? set.stream().map(String::valueOf).sorted().toList().toString()
                : value.toString();
    }

    private static List<Method> accessors(Object value) {
        Class<?> type = value.getClass();
        if (!type.getName().startsWith("dev.gapless.") || value instanceof Enum<?>) {
            return List.of();
        }
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.getParameterCount() == 0 && !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !Modifier.isPrivate(method.getModifiers()) && !method.isSynthetic())
                .filter(method -> method.getReturnType() != void.class && !OF_EVERY_OBJECT.contains(method.getName()))
                .filter(method -> !method.getReturnType().equals(type))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
    }

    private static @Nullable Object call(Method accessor, Object object) {
        try {
            accessor.setAccessible(true);
            return accessor.invoke(object);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(accessor + " cannot be called", e);
        }
    }
}
