package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.CacheAnswer;
import dev.gapless.proxy.cache.Field;
import dev.gapless.proxy.cache.ResponseHead;
import dev.gapless.proxy.cache.StoredResponse;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;

/** Header fields between the server's form and the cache's. */
final class CachedFields {
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
        StoredResponse stored = answer.stored();
        if (stored == null || answer.fields() != stored.fields()) {
            Headers.copyResponse(fields(answer.fields()), to);
            return;
        }
        Object kept = stored.attachment();
        if (kept instanceof HttpFields fields) {
            to.add(fields);
        } else {
            HttpFields.Mutable made = HttpFields.build();
            Headers.copyResponse(fields(stored.fields()), made);
            stored.attach(made.asImmutable());
            to.add(made);
        }
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
