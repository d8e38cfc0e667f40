package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.CacheAnswer;
import dev.gapless.proxy.cache.Field;
import dev.gapless.proxy.cache.ResponseHead;
import dev.gapless.proxy.cache.StoredResponse;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/** Header fields between the server's form and the cache's. */
final class CachedFields {
    /**
     * The fields of a stored response in the server's form, and those that its latest answer had besides: that of a hit, all hits
     * within one second share.
     *
     * @param added what the status is made of
     */
    private record Made(HttpFields fields, List<Field> added, HttpFields status) {}

    private CachedFields() {}

    /** {@return what the cache gets to see of a response} */
    static ResponseHead head(int status, HttpFields from) {
        List<Field> fields = new ArrayList<>(from.size());
        for (HttpField field : from) {
            String value = field.getValue();
            fields.add(new Field(field.getName(), value == null ? "" : value));
        }
        return new ResponseHead(status, fields);
    }

    /** Copies what an answer says end to end. Of a response that is stored it is made once. */
    static void copy(CacheAnswer answer, HttpFields.Mutable to) {
        Made kept = kept(answer);
        if (kept == null) {
            Headers.copyResponse(fields(answer.fields()), to);
        } else {
            to.add(kept.fields);
        }
        if (!answer.own().isEmpty()) {
            Headers.copyResponse(fields(answer.own()), to);
        }
    }

    /** Adds what an answer says of the cache: made once for all hits of a response that say the same. */
    static void addStatus(CacheAnswer answer, HttpFields.Mutable to) {
        Made kept = kept(answer);
        if (kept == null) {
            add(answer.added(), to);
        } else {
            to.add(kept.status);
        }
    }

    /** {@return the fields of an answer in the server's form, where they are those of a stored response; else null} */
    private static @Nullable Made kept(CacheAnswer answer) {
        StoredResponse stored = answer.stored();
        if (stored == null || answer.fields() != stored.fields()) {
            return null;
        }
        Made former = (Made) stored.attachment();
        if (former != null && former.added == answer.added()) {
            return former;
        }
        HttpFields fields = former == null ? endToEnd(stored.fields()) : former.fields;
        Made made = new Made(fields, answer.added(), fields(answer.added()).asImmutable());
        stored.attach(made);
        return made;
    }

    private static HttpFields endToEnd(List<Field> from) {
        HttpFields.Mutable fields = HttpFields.build();
        Headers.copyResponse(fields(from), fields);
        return fields.asImmutable();
    }

    static HttpFields fields(List<Field> from) {
        HttpFields.Mutable fields = HttpFields.build();
        add(from, fields);
        return fields;
    }

    static void add(List<Field> from, HttpFields.Mutable to) {
        for (Field field : from) {
            to.add(new HttpField(field.name(), field.value()));
        }
    }
}
