package dev.gapless.proxy.jetty;

import dev.gapless.proxy.FilterDecision;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Writes an answer that the proxy itself gives. */
final class OwnAnswer {
    private static final String RETRY_AFTER_SECONDS = "5";

    private final ClientRequest client;
    private final Response response;
    private final Content.Sink body;
    private final @Nullable String strictTransportSecurity;
    private final Callback written;
    private final @Nullable HttpField alternative;

    /**
     * Makes an answer.
     *
     * @param response its head
     * @param body where its body goes, the head with it
     * @param strictTransportSecurity what browsers are told of coming over TLS only; null for nothing
     * @param alternative what it says of other protocols, if anything
     * @param written hears that it has been taken
     */
    OwnAnswer(
            ClientRequest client,
            Response response,
            Content.Sink body,
            @Nullable String strictTransportSecurity,
            @Nullable HttpField alternative,
            Callback written) {
        this.client = client;
        this.response = response;
        this.body = body;
        this.strictTransportSecurity = strictTransportSecurity;
        this.alternative = alternative;
        this.written = written;
    }

    /** Says that the service is alive, though its targets get no requests. */
    void alive() {
        response.setStatus(HttpStatus.OK_200);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        writeWithoutBody();
    }

    /** Answers a challenge by HTTP-01 (RFC 8555, section 8.3). */
    void proof(String proof) {
        ByteBuffer bytes = BufferUtil.toBuffer(proof, StandardCharsets.US_ASCII);
        response.setStatus(HttpStatus.OK_200);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/octet-stream");
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.remaining());
        write(bytes);
    }

    /** Gives the host's answer. */
    void given(FilterDecision.Answer answer) {
        response.setStatus(answer.status());
        Headers.apply(answer.headers(), response.getHeaders());
        if (!client.takesNoBody(answer.status()) || client.method().equals("HEAD")) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        }
        write(client.takesNoBody(answer.status()) ? BufferUtil.EMPTY_BUFFER : ByteBuffer.wrap(answer.body()));
    }

    void redirect(String location) {
        response.setStatus(HttpStatus.MOVED_PERMANENTLY_301);
        response.getHeaders().put(HttpHeader.LOCATION, RequestTarget.bytes(location));
        writeWithoutBody();
    }

    private void writeWithoutBody() {
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 0);
        write(BufferUtil.EMPTY_BUFFER);
    }

    /** Puts an error in the place of whatever the response has said so far. */
    void error(int status, ErrorPage page, boolean close) {
        response.reset();
        response.setStatus(status);
        HttpFields.Mutable headers = response.getHeaders();
        if (close) {
            headers.put(HttpHeader.CONNECTION, "close");
        }
        if (status == HttpStatus.SERVICE_UNAVAILABLE_503) {
            headers.put(HttpHeader.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        ByteBuffer bytes = page.bytes();
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        headers.put(HttpHeader.CONTENT_TYPE, page.contentType());
        headers.put(HttpHeader.CONTENT_LENGTH, bytes.remaining());
        write(client.method().equals("HEAD") ? BufferUtil.EMPTY_BUFFER : bytes);
    }

    private void write(ByteBuffer bytes) {
        if (strictTransportSecurity != null) {
            response.getHeaders().put(HttpHeader.STRICT_TRANSPORT_SECURITY, strictTransportSecurity);
        }
        if (alternative != null) {
            response.getHeaders().put(alternative);
        }
        body.write(true, bytes, written);
    }
}
