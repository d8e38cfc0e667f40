package dev.gapless.proxy.cache;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client gets from the cache. Its fields are those of the stored response, or of the response that is being stored; those
 * that are added say how old it is and where it comes from.
 *
 * @param status the status code
 * @param fields the fields that the target has sent, but for a 304, 206, 416 or 504; {@link StoredResponse#fields()} itself if
 *     they are all of the stored response's
 * @param own fields that the target has sent besides, to this client alone
 * @param added the fields to add: {@code Age}, {@code Cache-Status}, {@code X-Cache}
 * @param stored what the answer is made from; null for a 504
 * @param body the content; null if there is none, of a HEAD say
 */
public record CacheAnswer(
        int status,
        List<Field> fields,
        List<Field> own,
        List<Field> added,
        @Nullable StoredResponse stored,
        @Nullable BodyReader body) {
    CacheAnswer(
            int status,
            List<Field> fields,
            List<Field> added,
            @Nullable StoredResponse stored,
            @Nullable BodyReader body) {
        this(status, fields, List.of(), added, stored, body);
    }

    /** {@return whether it is a part of what is stored, or says that there is no such part} */
    public boolean isPart() {
        return stored != null && stored.status() == 200 && (status == 206 || status == 416);
    }

    /** {@return the answer with fields for its client alone, but those whose name it has} */
    CacheAnswer saying(List<Field> more) {
        if (more.isEmpty()) {
            return this;
        }
        Set<String> said = Field.names(fields);
        List<Field> missing =
                more.stream().filter(field -> !said.contains(field.name())).toList();
        return new CacheAnswer(status, fields, missing, added, stored, body);
    }

    /** {@return the answer without regard to the range that was asked for; of one that is no part, itself} */
    public CacheAnswer whole() {
        return stored == null || !isPart()
                ? this
                : new CacheAnswer(stored.status(), stored.fields(), added, stored, stored.open()).saying(own);
    }
}
