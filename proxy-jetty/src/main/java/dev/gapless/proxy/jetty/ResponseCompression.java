package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/** One response that is compressed. */
final class ResponseCompression {
    /** Of a body that is read in its coding already, or has none. */
    static final ResponseCompression AS_READ = new ResponseCompression(null);

    private final @Nullable Encoder encoder;

    private ResponseCompression(@Nullable Encoder encoder) {
        this.encoder = encoder;
    }

    /**
     * Changes the head of a response as the options of its service ask for.
     *
     * @param request the client's, as filters have left it
     * @param from the target's response
     * @param response what is made of it, its head complete otherwise
     * @return what compresses its body, null if that goes on as it is
     */
    static @Nullable ResponseCompression begin(
            CompressionOptions options,
            Encoders encoders,
            ClientRequest client,
            Request request,
            org.eclipse.jetty.client.Response from,
            Response response) {
        int status = response.getStatus();
        HttpFields.Mutable head = response.getHeaders();
        boolean varies = !CompressionRules.leavesAlone(client, request)
                && CompressionRules.varies(options, status, head)
                && !NamedFile.isNamedIn(from.getHeaders());
        if (!varies) {
            return null;
        }
        CompressionRules.vary(head);
        if (status == HttpStatus.NOT_MODIFIED_304) {
            CompressionRules.weakenAsAsked(from.getRequest().getHeaders(), head);
        }
        ContentCoding coding = CompressionRules.coding(options, encoders, request);
        if (coding == null || CompressionRules.speaksOfOther(status, head)) {
            return null;
        }
        if (client.takesNoBody(status)) {
            CompressionRules.encode(coding, head);
            return AS_READ;
        }
        return encode(coding, options, encoders, head);
    }

    /** Begins to encode a body. {@return null if too many are being encoded already} */
    static @Nullable ResponseCompression encode(
            ContentCoding coding, CompressionOptions options, Encoders encoders, HttpFields.Mutable head) {
        Encoder encoder = encoders.open(coding, options, head.getLongField(HttpHeader.CONTENT_LENGTH));
        if (encoder == null) {
            return null;
        }
        CompressionRules.encode(coding, head);
        return new ResponseCompression(encoder);
    }

    /** {@return the body as it goes on; see {@link CompressingSource}} */
    Content.Source encoded(Content.Source body, BooleanSupplier flushes, Executor lane) {
        return encoder == null ? body : new CompressingSource(body, encoder, flushes, lane);
    }

    /** {@return trailers as they follow the body} */
    static @Nullable HttpFields trailers(@Nullable HttpFields trailers) {
        if (trailers == null) {
            return null;
        }
        HttpFields.Mutable kept = HttpFields.build(trailers);
        CompressionRules.removeDigests(kept);
        return kept;
    }

    /** Gives up what is on the way; may be called by any thread. */
    void release() {
        if (encoder != null) {
            encoder.close();
        }
    }
}
