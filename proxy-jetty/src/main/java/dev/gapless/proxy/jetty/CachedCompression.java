package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.CacheAnswer;
import dev.gapless.proxy.cache.EncodedBody;
import dev.gapless.proxy.cache.StoredResponse;
import java.util.concurrent.Executor;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of an answer from the cache where its service compresses. The body is stored as the target has sent it, and beside
 * that in each coding that some client has wanted: made once, when the first one does, and read by all who come while it is made,
 * and after. A client that gets what comes before it is whole has it encoded for itself, part by part; and so has one for whose
 * form there is no room.
 */
final class CachedCompression {
    private final CompressionOptions options;
    private final DataPlane plane;
    private final Executor lane;
    private final ContentCoding coding;
    private final StoredResponse stored;

    private CachedCompression(
            CompressionOptions options, DataPlane plane, Executor lane, ContentCoding coding, StoredResponse stored) {
        this.options = options;
        this.plane = plane;
        this.lane = lane;
        this.coding = coding;
        this.stored = stored;
    }

    /**
     * Changes the head of an answer as the options of its service ask for.
     *
     * @param request the client's, as filters have left it
     * @param response its head complete otherwise
     * @param waits whether the client gets the body when it is made for all, rather than part by part as it comes
     * @return how the body is compressed; null if it goes on as the target has sent it
     */
    static @Nullable ResponseCompression begin(
            CompressionOptions options,
            DataPlane plane,
            ClientRequest client,
            Executor lane,
            CacheSide.Cached cached,
            boolean waits,
            Request request,
            Response response) {
        StoredResponse stored = cached.answer().stored();
        HttpFields.Mutable head = response.getHeaders();
        if (stored == null
                || CompressionRules.leavesAlone(client, request)
                || !varies(options, response.getStatus(), head, stored)) {
            return null;
        }
        sayThatItVaries(request, response);
        ContentCoding coding = CompressionRules.coding(options, plane.encoders(), request);
        if (coding == null || CompressionRules.speaksOfOther(response.getStatus(), head)) {
            return null;
        }
        CachedCompression begun = new CachedCompression(options, plane, lane, coding, stored);
        CachedSource body = client.takesNoBody(response.getStatus()) ? null : cached.body();
        return body == null ? begun.headAlone(head) : begun.encode(body, waits, head);
    }

    private static void sayThatItVaries(Request request, Response response) {
        HttpFields.Mutable head = response.getHeaders();
        CompressionRules.vary(head);
        if (response.getStatus() == HttpStatus.NOT_MODIFIED_304) {
            CompressionRules.weakenAsAsked(request.getHeaders(), head);
        }
    }

    /** Of what speaks of another response, that one decides: it says of it no more than it has to. */
    private static boolean varies(CompressionOptions options, int status, HttpFields head, StoredResponse stored) {
        return CompressionRules.varies(options, status, head)
                && !NamedFile.isNamedIn(head)
                && (!CompressionRules.speaksOfOther(status, head) || varies(options, stored));
    }

    private static boolean varies(CompressionOptions options, StoredResponse stored) {
        HttpFields head = CachedFields.fields(stored.fields());
        return CompressionRules.varies(options, stored.status(), head) && !NamedFile.isNamedIn(head);
    }

    private ResponseCompression headAlone(HttpFields.Mutable head) {
        CompressionRules.encode(coding, head);
        putLength(stored.encoded(coding.token()), head);
        return ResponseCompression.AS_READ;
    }

    private @Nullable ResponseCompression encode(CachedSource body, boolean waits, HttpFields.Mutable head) {
        EncodedBody form = waits ? form() : null;
        if (form == null) {
            return ResponseCompression.encode(coding, options, plane.encoders(), head);
        }
        CompressionRules.encode(coding, head);
        putLength(form, head);
        body.readInstead(form.open());
        return ResponseCompression.AS_READ;
    }

    private static void putLength(@Nullable EncodedBody form, HttpFields.Mutable head) {
        long length = form == null ? -1 : form.length();
        if (length >= 0) {
            head.put(HttpHeader.CONTENT_LENGTH, length);
        }
    }

    /** {@return the body as it is stored in the coding, or will be; null if it is not} */
    private @Nullable EncodedBody form() {
        EncodedBody known = stored.encoded(coding.token());
        if (known != null || stored.length() < 0) {
            return known;
        }
        Encoder encoder = plane.encoders().open(coding, options, stored.length());
        if (encoder == null) {
            return null;
        }
        EncodedBody begun = plane.caching().cache().encode(stored, coding.token());
        if (begun == null) {
            encoder.close();
        } else {
            make(begun, encoder);
        }
        return stored.encoded(coding.token()); // Another's if that was quicker, none if it has failed.
    }

    /** Nothing is flushed: what is read by many is to be short, and bounded however the body comes. */
    private void make(EncodedBody begun, Encoder encoder) {
        CachedSource whole = new CachedSource(stored.open(), lane);
        new EncodedFeed(new CompressingSource(whole, encoder, () -> false, lane), begun).iterate();
    }

    /**
     * {@return an answer that fits what the client may have of it already} A part is one of the body as it is. A client that gets
     * the whole compressed may have the beginning of that, and takes the two for the same if no strong tag tells them apart (RFC
     * 9110, section 15.3.7.3): then it gets the whole.
     */
    static CacheAnswer fitting(
            CacheAnswer answer, ServiceOptions service, Encoders encoders, ClientRequest client, Request request) {
        CompressionOptions options = service.compression().orElse(null);
        StoredResponse stored = answer.stored();
        if (options == null || stored == null || !answer.isPart() || CompressionRules.leavesAlone(client, request)) {
            return answer;
        }
        boolean compressed = CompressionRules.coding(options, encoders, request) != null && varies(options, stored);
        return compressed && !isTold(stored, request.getHeaders()) ? answer.whole() : answer;
    }

    private static boolean isTold(StoredResponse stored, HttpFields asked) {
        boolean strong = stored.fields().stream()
                .anyMatch(field -> field.is("ETag") && field.value().startsWith("\""));
        String version = asked.get(HttpHeader.IF_RANGE);
        return strong && (version == null || version.startsWith("\""));
    }
}
