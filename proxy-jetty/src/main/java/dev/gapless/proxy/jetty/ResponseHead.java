package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.CacheAnswer;
import dev.gapless.proxy.engine.Decision;
import java.time.Instant;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/** What a client gets to see of the head of a target's response. */
final class ResponseHead {
    private ResponseHead() {}

    /**
     * {@return what keeps the response from being passed on as what it is, or null} Jetty lets through status codes that there are
     * none of, and leaves codings that nobody has asked for to who reads the body.
     */
    static @Nullable String unreadable(org.eclipse.jetty.client.Response response) {
        HttpField coding = response.getHeaders().getField(HttpHeader.TRANSFER_ENCODING);
        if (response.getStatus() < HttpStatus.CONTINUE_100) {
            return "the status " + response.getStatus();
        }
        return coding == null || "chunked".equalsIgnoreCase(coding.getValue())
                ? null
                : "the transfer coding \"" + coding.getValue() + "\", other than \"chunked\"";
    }

    /**
     * Passes an interim response on, but for what it says to the proxy, unless it is part of a conversation between target and
     * proxy alone, or its client would take it for the response, as one of HTTP/1.0 does (RFC 9110, section 15.2). Over HTTP/1.1
     * the server writes the fields of early hints, but not those of others.
     */
    static void interim(int status, HttpFields from, ServiceOptions options, Response to) {
        boolean isOfConnection = status == HttpStatus.CONTINUE_100 || status == HttpStatus.SWITCHING_PROTOCOLS_101;
        if (!isOfConnection && !isOfHttp10(to)) {
            HttpFields.Mutable passed = HttpFields.build();
            Headers.copyResponse(from, passed);
            NamedFile.hide(options, passed);
            InterimStream.prepare(to.getRequest());
            to.writeInterim(status, passed);
        }
    }

    private static boolean isOfHttp10(Response response) {
        return response.getRequest().getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0;
    }

    /**
     * Copies a final response's head, with the changes that the options of its service ask for, and what the proxy says of its own
     * alternatives, if anything.
     */
    static void copy(
            HttpFields from,
            ClientRequest client,
            Decision.Forward forward,
            Instant now,
            @Nullable HttpField alternative,
            Response response) {
        HttpFields.Mutable to = response.getHeaders();
        forgetBodyOfHost(response);
        Headers.copyResponse(from, to);
        if (LanedRequest.isOfHost(response.getRequest())) {
            putInPlace(HttpHeader.SERVER, from, to);
            putInPlace(HttpHeader.DATE, from, to);
        }
        suit(client, forward.service().options(), forward.path(), alternative, response);
        if (forward.hasReaders()) {
            WriterAffinity.apply(forward, to, now);
        }
    }

    /** What the host's code has said of a body before is not true of the target's. */
    static void forgetBodyOfHost(Response response) {
        if (LanedRequest.isOfHost(response.getRequest())) {
            Headers.removeBodyFields(response.getHeaders());
            response.getHeaders().remove(HttpHeader.CONTENT_TYPE);
        }
    }

    /** Sets the head of an answer from the cache, with the same changes. */
    static void copy(
            CacheAnswer answer,
            ClientRequest client,
            Decision.Admit admitted,
            @Nullable HttpField alternative,
            Response response) {
        HttpFields.Mutable to = response.getHeaders();
        response.setStatus(answer.status());
        forgetBodyOfHost(response);
        CachedFields.copy(answer, to);
        suit(client, admitted.service().options(), admitted.path(), alternative, response);
        if (admitted.hasReaders()) {
            to.remove(WriterAffinity.X_WRITER_AFFINITY);
        }
        CachedFields.addStatus(answer, to);
    }

    private static void suit(
            ClientRequest client,
            ServiceOptions options,
            String forwardedPath,
            @Nullable HttpField alternative,
            Response response) {
        HttpFields.Mutable to = response.getHeaders();
        NamedFile.hide(options, to);
        if (response.getStatus() == HttpStatus.NO_CONTENT_204) {
            // It must not have one (RFC 9110, section 8.6), and Jetty wants content then.
            to.remove(HttpHeader.CONTENT_LENGTH);
        }
        if (options.headers().scopeCookiePaths() && options.stripPathPrefix()) {
            CookiePaths.scope(to, CookiePaths.prefix(client.path(), forwardedPath), client.host());
        }
        announce(alternative, to);
        Headers.apply(options.headers().responseRules(), to);
    }

    /** Adds what the proxy says of its own alternatives, if anything, and the response does not. */
    static void announce(@Nullable HttpField alternative, HttpFields.Mutable to) {
        if (alternative != null && !to.contains(HttpHeader.ALT_SVC)) {
            to.add(alternative); // A target that speaks of others has its reasons.
        }
    }

    /** What a server of the host's says of itself is the target's to say, if it does. */
    private static void putInPlace(HttpHeader name, HttpFields from, HttpFields.Mutable to) {
        HttpField field = from.getField(name);
        if (field != null) {
            to.put(field);
        }
    }
}
