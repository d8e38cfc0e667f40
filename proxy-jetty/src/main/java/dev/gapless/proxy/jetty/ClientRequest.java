package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.engine.Direction;
import dev.gapless.proxy.engine.SecuredRequest;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What a client's request says of itself, and of the response that it can take. */
final class ClientRequest implements SecuredRequest {
    private final Request request;
    private final @Nullable ProtocolSwitch protocolSwitch;
    private final @Nullable DirectedRequest directed;

    ClientRequest(Request request) {
        this.request = request;
        this.protocolSwitch = ProtocolSwitch.askedBy(request);
        this.directed = Request.as(request, DirectedRequest.class);
    }

    /** {@return what other protocol the client wants to speak, or null} */
    @Nullable
    ProtocolSwitch protocolSwitch() {
        return protocolSwitch;
    }

    /** {@return the request if it does not only go by what its client has sent, else null} */
    @Nullable
    DirectedRequest directed() {
        return directed;
    }

    private boolean isBridged() {
        return protocolSwitch != null && protocolSwitch.isBridged();
    }

    /** As a target gets to see it: a WebSocket's is GET, however its client asks for it. */
    @Override
    public String method() {
        return isBridged() ? HttpMethod.GET.asString() : request.getMethod();
    }

    @Override
    public boolean secure() {
        return request.getConnectionMetaData().isSecure();
    }

    @Override
    public Optional<ClientCertificates> askedFor() {
        ClientTlsConnection connection = ClientTlsConnection.of(request);
        return connection == null ? Optional.empty() : connection.asked();
    }

    /** A connection that the host accepts has the host's TLS. */
    @Override
    public boolean hasTlsOfHost() {
        return LanedRequest.isOfHost(request);
    }

    @Override
    public @Nullable Direction direction() {
        return directed == null ? null : directed.direction();
    }

    @Override
    public String host() {
        String host = request.getHttpURI().getHost();
        return host == null ? "" : host;
    }

    @Override
    public String path() {
        String path = request.getHttpURI().getPath();
        return path == null || path.isEmpty() ? "/" : path;
    }

    @Override
    public @Nullable String query() {
        return request.getHttpURI().getQuery();
    }

    @Override
    public @Nullable String header(String name) {
        if (isBridged() && HttpHeader.UPGRADE.is(name)) {
            return ProtocolSwitch.WEB_SOCKET;
        }
        return Headers.joined(request.getHeaders(), name);
    }

    @Override
    public String remoteAddress() {
        return ForwardedHeaders.peer(request);
    }

    boolean isHttp1() {
        return isHttp1(request);
    }

    static boolean isHttp1(Request request) {
        return request.getConnectionMetaData().getHttpVersion().getVersion() < HttpVersion.HTTP_2.getVersion();
    }

    private HttpVersion version() {
        return request.getConnectionMetaData().getHttpVersion();
    }

    /** Whether this is the client's last request on its connection (RFC 9112, section 9.3). */
    boolean closes() {
        HttpField connection = request.getHeaders().getField(HttpHeader.CONNECTION);
        if (version() == HttpVersion.HTTP_1_0) {
            return connection == null || !connection.contains("keep-alive");
        }
        return connection != null && connection.contains("close");
    }

    /** Whether the client waits to be asked for the body (RFC 9110, section 10.1.1). */
    boolean expectsContinue() {
        return request.getHeaders().contains(HttpHeader.EXPECT);
    }

    /** Whether a response of this status has no body, whatever its head says (RFC 9112, section 6.3). */
    boolean takesNoBody(int status) {
        return method().equals("HEAD") || status == HttpStatus.NO_CONTENT_204 || status == HttpStatus.NOT_MODIFIED_304;
    }

    /** Whether a response of this status comes in chunks if its length is not known: over HTTP/1.1, that is. */
    boolean takesChunks(int status) {
        return !takesNoBody(status) && version() == HttpVersion.HTTP_1_1;
    }

    /** Whether a response of this status may end with trailers, which HTTP/1.0 does not know. */
    boolean takesTrailers(int status) {
        return !takesNoBody(status) && version() != HttpVersion.HTTP_1_0;
    }
}
