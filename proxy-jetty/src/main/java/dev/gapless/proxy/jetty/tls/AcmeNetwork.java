package dev.gapless.proxy.jetty.tls;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.provider.AbstractAcmeProvider;

/** How a directory is reached: with time limits, and trusting an authority of one's own where that is wanted. */
final class AcmeNetwork extends AbstractAcmeProvider {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    private final HttpClient client;

    private AcmeNetwork(HttpClient client) {
        this.client = client;
    }

    /**
     * Reads the authority.
     *
     * @throws IOException if the file cannot be read or used; the message names it
     */
    static AcmeNetwork trusting(Optional<Path> authority) throws IOException {
        HttpClient.Builder client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(TIMEOUT);
        if (authority.isPresent()) {
            client.sslContext(context(authority.get()));
        }
        return new AcmeNetwork(client.build());
    }

    private static SSLContext context(Path authority) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, PemFiles.trustManagers(Optional.of(authority)), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("authority of the ACME directory: " + e.getMessage(), e);
        }
    }

    @Override
    public boolean accepts(URI directory) {
        return true;
    }

    @Override
    public URL resolve(URI directory) {
        try {
            return directory.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("ACME directory \"" + directory + "\" is not a URL", e);
        }
    }

    @Override
    public HttpClient createHttpClient(NetworkSettings settings) {
        return client;
    }

    @Override
    public Connection connect(URI directory, NetworkSettings settings, HttpClient httpClient) {
        return new AcmeConnection(createHttpConnector(settings, httpClient), TIMEOUT);
    }
}
