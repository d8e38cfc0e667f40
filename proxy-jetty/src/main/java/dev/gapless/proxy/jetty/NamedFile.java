package dev.gapless.proxy.jetty;

import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.engine.Decision;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that a target's response names in the place of its body, whatever its status (but for those that have none) and the
 * request's method: applications leave the body out in all of these.
 */
final class NamedFile {
    private static final Logger LOG = LoggerFactory.getLogger(NamedFile.class);

    static final String X_SENDFILE = "X-Sendfile";
    private static final String X_ACCEL_REDIRECT = "X-Accel-Redirect";
    private static final String X_SENDFILE_TYPE = "X-Sendfile-Type";
    private static final String X_ACCEL_MAPPING = "X-Accel-Mapping";
    /** What begins the names of fields in which applications talk to the proxy, in lower case. */
    static final String X_ACCEL = "x-accel-";

    /** Where a file may be. */
    private record Place(Path root, Path file) {}

    private final String service;
    private final SendfileOptions options;
    private final int status;
    private final HttpFields.Mutable head;
    private final String field;
    private final List<String> values;
    private int failure;

    private NamedFile(
            Decision.Forward forward, SendfileOptions options, int status, HttpFields.Mutable head, String field) {
        this.service = forward.service().name();
        this.options = options;
        this.status = status;
        this.head = head;
        this.field = field;
        this.values = head.getValuesList(field);
    }

    /** {@return the file that a response names, or null if it names none that its service may have sent} */
    static @Nullable NamedFile of(Decision.Forward forward, org.eclipse.jetty.client.Response from) {
        SendfileOptions options = forward.service().options().sendfile().orElse(null);
        if (options == null || hasNoBody(from.getStatus())) {
            return null;
        }
        HttpFields head = from.getHeaders();
        String field =
                head.contains(X_SENDFILE) ? X_SENDFILE : head.contains(X_ACCEL_REDIRECT) ? X_ACCEL_REDIRECT : null;
        return field == null ? null : new NamedFile(forward, options, from.getStatus(), HttpFields.build(head), field);
    }

    /** Whether a file is sent in the place of what a target has answered with. */
    static boolean replaces(Decision.Forward forward, org.eclipse.jetty.client.Response from) {
        return forward.service().options().sendfile().isPresent()
                && !hasNoBody(from.getStatus())
                && isNamedIn(from.getHeaders());
    }

    /** Whether the head of a response names a file, whether or not that may be sent. */
    static boolean isNamedIn(HttpFields head) {
        return head.contains(X_SENDFILE) || head.contains(X_ACCEL_REDIRECT);
    }

    static boolean hasNoBody(int status) {
        return status == HttpStatus.SWITCHING_PROTOCOLS_101
                || status == HttpStatus.NO_CONTENT_204
                || status == HttpStatus.RESET_CONTENT_205
                || status == HttpStatus.NOT_MODIFIED_304;
    }

    /** Takes what a target says to the proxy off what its client gets to see. */
    static void hide(ServiceOptions options, HttpFields.Mutable fields) {
        if (options.sendfile().isEmpty()) {
            return;
        }
        for (Iterator<HttpField> given = fields.iterator(); given.hasNext(); ) {
            HttpField field = given.next();
            if (field.is(X_SENDFILE) || field.getLowerCaseName().startsWith(X_ACCEL)) {
                given.remove();
            }
        }
    }

    /** Tells a target how it may name files; what a client says of that is not believed, wherever it leads. */
    static void tell(ServiceOptions options, HttpFields.Mutable request) {
        request.remove(X_SENDFILE_TYPE);
        request.remove(X_ACCEL_MAPPING);
        options.sendfile().ifPresent(sendfile -> {
            request.put(X_SENDFILE_TYPE, sendfile.roots().isEmpty() ? X_ACCEL_REDIRECT : X_SENDFILE);
            if (!sendfile.locations().isEmpty()) {
                request.put(X_ACCEL_MAPPING, RequestTarget.bytes(mapping(sendfile)));
            }
        });
    }

    /** As Rack reads it. */
    private static String mapping(SendfileOptions sendfile) {
        return sendfile.locations().stream()
                .map(location -> closed(location.directory().toString()) + "=" + closed(location.prefix()))
                .collect(Collectors.joining(","));
    }

    private static String closed(String path) {
        return path.endsWith("/") ? path : path + "/";
    }

    /** {@return the status of the answer if there is none with the file} */
    int failure() {
        return failure == 0 ? HttpStatus.INTERNAL_SERVER_ERROR_500 : failure;
    }

    /** {@return the answer, or null if there is none for the reason that was logged} May block. */
    @Nullable
    FileAnswer open(FileAnswer.Asked asked) {
        try {
            return answer(asked);
        } catch (OpenFile.NotSentException e) {
            failure = HttpStatus.NOT_FOUND_404;
            refused(e.getMessage());
        } catch (IOException | RuntimeException e) {
            failure = HttpStatus.INTERNAL_SERVER_ERROR_500;
            refused(e.toString());
        }
        return null;
    }

    private void refused(@Nullable String reason) {
        LOG.warn("The file {} that a target of \"{}\" names in {} is not sent: {}", values, service, field, reason);
    }

    private FileAnswer answer(FileAnswer.Asked asked) throws IOException {
        OpenFile.NotSentException refusal = new OpenFile.NotSentException("it is below no root or location");
        for (Place place : places()) {
            try {
                OpenFile opened = OpenFile.below(place.root, place.file, "");
                return FileAnswer.of(opened, ownStatus(), ownHead(), String.valueOf(place.file.getFileName()), asked);
            } catch (OpenFile.NotSentException e) {
                refusal = e;
            }
        }
        throw refusal;
    }

    /** A target has no part of a body that it does not send. */
    private int ownStatus() {
        return status == HttpStatus.PARTIAL_CONTENT_206 ? HttpStatus.OK_200 : status;
    }

    /** What the target has said, but for what was of the body that it has sent. */
    private HttpFields.Mutable ownHead() {
        CompressionRules.removeDigests(head);
        if (status == HttpStatus.PARTIAL_CONTENT_206 && !head.contains(HttpHeader.CONTENT_RANGE)) {
            head.remove(HttpHeader.CONTENT_TYPE); // Of several parts (RFC 9110, section 14.6), which the file is not.
        }
        return head.remove(HttpHeader.CONTENT_LENGTH)
                .remove(HttpHeader.CONTENT_RANGE)
                .remove(HttpHeader.TRANSFER_ENCODING)
                .remove(HttpHeader.TRAILER);
    }

    private List<Place> places() throws IOException {
        String value = values.size() == 1 ? FilePath.ofField(values.get(0)) : null;
        if (value == null) {
            throw new OpenFile.NotSentException("it is not one path in UTF-8");
        }
        try {
            return field.equals(X_SENDFILE) ? named(value) : redirected(value);
        } catch (InvalidPathException e) {
            throw new OpenFile.NotSentException("it is no path: " + e.getReason());
        }
    }

    private List<Place> named(String path) throws IOException {
        Path file = Path.of(path);
        if (!file.isAbsolute()) {
            throw new OpenFile.NotSentException("its path is not absolute");
        }
        return options.roots().stream().map(root -> new Place(root, file)).toList();
    }

    private List<Place> redirected(String value) throws IOException {
        int query = value.indexOf('?');
        String path = FilePath.decoded(query < 0 ? value : value.substring(0, query));
        if (path == null) {
            throw new OpenFile.NotSentException("it is no path without dot segments, backslashes and the like");
        }
        return options.locations().isEmpty() ? belowRoots(path) : inLocation(path);
    }

    private List<Place> inLocation(String path) {
        return options.locations().stream()
                .sorted(Comparator.comparingInt(location -> -location.prefix().length()))
                .filter(location -> FilePath.after(location.prefix(), path) != null)
                .limit(1)
                .map(location -> new Place(
                        location.directory(),
                        location.directory().resolve(String.valueOf(FilePath.after(location.prefix(), path)))))
                .toList();
    }

    private List<Place> belowRoots(String path) {
        List<Place> places = new ArrayList<>();
        options.roots().forEach(root -> places.add(new Place(root, Path.of(path))));
        options.roots().forEach(root -> places.add(new Place(root, root.resolve(path.substring(1)))));
        return places;
    }
}
