package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.Representation;
import java.util.concurrent.Executor;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MimeTypes;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.jspecify.annotations.Nullable;

/**
 * An answer whose content is that of an open file, or a part of it, as the request asks. Its first part is read along with the
 * opening, so that a short file goes out at once with its head.
 */
final class FileAnswer {
    /**
     * The request, and what an answer to it needs.
     *
     * @param client the request
     * @param nowMillis since 1970
     * @param buffers where memory comes from
     * @param files where files are read
     * @param lane where the answer is written
     */
    record Asked(ClientRequest client, long nowMillis, ByteBufferPool buffers, Executor files, Executor lane) {}

    private static final String UNKNOWN_TYPE = "application/octet-stream";

    private final int status;
    private final HttpFields.Mutable head;
    private final @Nullable FileSource content;

    private FileAnswer(int status, HttpFields.Mutable head, @Nullable FileSource content) {
        this.status = status;
        this.head = head;
        this.content = content;
    }

    /**
     * Makes an answer with a file that is open. Where the head says something already it is right. May block.
     *
     * @param status the answer's; conditions and ranges count for 200 alone (RFC 9110, section 13.2.1)
     * @param head what the answer says; changed
     * @param name the name of the file, which tells its type
     */
    static FileAnswer of(OpenFile file, int status, HttpFields.Mutable head, String name, Asked asked) {
        if (!head.contains(HttpHeader.CONTENT_TYPE)) {
            String type = MimeTypes.DEFAULTS.getMimeByExtension(name);
            head.put(HttpHeader.CONTENT_TYPE, type == null ? UNKNOWN_TYPE : type);
        }
        boolean isRead =
                asked.client.method().equals("GET") || asked.client.method().equals("HEAD");
        Representation.Part part = status == HttpStatus.OK_200 && isRead
                ? selected(file, head, asked)
                : new Representation.Part(status, 0, file.length());
        describe(part, file.length(), head);
        boolean withContent = part.length() > 0 && !asked.client.takesNoBody(part.status());
        if (!withContent) {
            ServedFiles.closeNow(file);
            return new FileAnswer(part.status(), head, null);
        }
        FileSource content =
                new FileSource(file.channel(), asked.buffers, asked.files, asked.lane, part.from(), part.to());
        content.fetch();
        return new FileAnswer(part.status(), head, content);
    }

    /** {@return what the request is to get, now that the answer has validators} */
    private static Representation.Part selected(OpenFile file, HttpFields.Mutable head, Asked asked) {
        head.put(HttpHeader.ACCEPT_RANGES, "bytes");
        if (!head.contains(HttpHeader.ETAG)) {
            head.put(HttpHeader.ETAG, file.etag());
        }
        // Not one in the future (RFC 9110, section 8.8.2.1).
        if (!head.contains(HttpHeader.LAST_MODIFIED) && file.modifiedMillis() <= asked.nowMillis) {
            head.put(HttpHeader.LAST_MODIFIED, Representation.date(file.modifiedMillis()));
        }
        return new Representation(head.get(HttpHeader.ETAG), head.get(HttpHeader.LAST_MODIFIED), file.length())
                .judge(asked.client, asked.nowMillis);
    }

    private static void describe(Representation.Part part, long length, HttpFields.Mutable head) {
        switch (part.status()) {
            case HttpStatus.NOT_MODIFIED_304 -> dropContent(head);
            case HttpStatus.PRECONDITION_FAILED_412, HttpStatus.RANGE_NOT_SATISFIABLE_416 -> {
                dropContent(head);
                head.put(HttpHeader.CACHE_CONTROL, "no-store");
                head.put(HttpHeader.CONTENT_LENGTH, 0);
            }
            default -> head.put(HttpHeader.CONTENT_LENGTH, part.length());
        }
        if (part.status() == HttpStatus.PARTIAL_CONTENT_206 || part.status() == HttpStatus.RANGE_NOT_SATISFIABLE_416) {
            head.put(HttpHeader.CONTENT_RANGE, part.contentRange(length));
        }
    }

    /** What tells of content that the answer has not. */
    private static void dropContent(HttpFields.Mutable head) {
        head.remove(HttpHeader.CONTENT_LENGTH);
        head.remove(HttpHeader.CONTENT_TYPE);
        head.remove(HttpHeader.CONTENT_ENCODING);
        head.remove(HttpHeader.CONTENT_LANGUAGE);
        head.remove("Content-Disposition");
    }

    int status() {
        return status;
    }

    HttpFields head() {
        return head;
    }

    /** {@return its content; at its end at once if there is none} */
    Content.Source content() {
        return content == null ? new ByteBufferContentSource() : content;
    }

    boolean hasLength() {
        return head.contains(HttpHeader.CONTENT_LENGTH);
    }

    /** Closes the file, whether it was sent or not; may be called by any thread. */
    void close() {
        if (content != null) {
            content.close();
        }
    }
}
