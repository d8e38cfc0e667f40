package dev.gapless.proxy.cache;

import org.jspecify.annotations.Nullable;

/** Compares entity tags (RFC 9110, section 8.8.3.2). */
final class EntityTags {
    private EntityTags() {}

    static boolean isStrong(@Nullable String tag) {
        return tag != null && !tag.startsWith("W/");
    }

    static boolean matchStrongly(@Nullable String one, @Nullable String other) {
        return isStrong(one) && one != null && one.equals(other);
    }

    static boolean matchWeakly(@Nullable String one, @Nullable String other) {
        return one != null && other != null && opaque(one).equals(opaque(other));
    }

    /** {@return whether a list, or an asterisk, has the tag, whether weak or strong} */
    static boolean anyMatches(String list, @Nullable String tag) {
        if (list.strip().equals("*")) {
            return true;
        }
        return FieldValues.list(list).stream().anyMatch(one -> matchWeakly(one, tag));
    }

    private static String opaque(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }
}
