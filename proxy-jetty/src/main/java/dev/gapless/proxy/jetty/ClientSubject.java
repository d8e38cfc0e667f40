package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.ServiceOptions;
import java.util.Iterator;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;

/** Who a client is by its certificate, as its target is told. */
final class ClientSubject {
    private ClientSubject() {}

    /**
     * Puts the subject of the client's certificate, if it has shown the one that it was to show, in the place of whatever the
     * client says of that itself. A target that makes variables of header fields takes an underscore for a hyphen: so that goes,
     * too.
     */
    static void tell(Request request, ServiceOptions edge, HttpFields.Mutable to) {
        Optional<ClientCertificates> wanted = edge.tlsOptions().clientCertificates();
        if (wanted.isEmpty()) {
            return;
        }
        String name = wanted.get().subjectHeader();
        String claimed = name.replace('_', '-');
        for (Iterator<HttpField> fields = to.iterator(); fields.hasNext(); ) {
            if (fields.next().getName().replace('_', '-').equalsIgnoreCase(claimed)) {
                fields.remove();
            }
        }
        ClientTlsConnection connection = ClientTlsConnection.of(request);
        String subject = connection != null && connection.asked().equals(wanted) ? connection.subject() : null;
        if (subject != null) {
            to.put(name, subject);
        }
    }
}
