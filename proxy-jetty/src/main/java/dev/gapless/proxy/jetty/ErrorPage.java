package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ErrorPages;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * The body of an error that the proxy itself answers with: HTML, unless the client's {@code Accept} prefers JSON or plain
 * text.
 *
 * @param contentType its media type
 * @param body its text
 */
record ErrorPage(String contentType, String body) {
    /**
     * Makes the body of an answer.
     *
     * @param requestHeaders what the client accepts stands there
     * @param status the status of the answer
     * @param reasonText why the request is answered so: shown if the operator has said nothing
     * @param message what the operator has said; empty for nothing
     * @param custom the service's own pages, for clients that prefer HTML
     */
    static ErrorPage of(
            HttpFields requestHeaders, int status, String reasonText, String message, @Nullable ErrorPages custom) {
        ErrorForm form = ErrorForm.preferredBy(requestHeaders);
        String shown = message.isEmpty() ? reasonText : message;
        String body = switch (form) {
            case HTML -> html(status, shown, message, custom);
            case JSON -> json(status, shown);
            case TEXT -> text(status, shown);
        };
        return new ErrorPage(form.contentType(), body);
    }

    ByteBuffer bytes() {
        return StandardCharsets.UTF_8.encode(body);
    }

    private static String html(int status, String shown, String message, @Nullable ErrorPages custom) {
        if (custom != null) {
            String page = custom.render(status, message).orElse(null);
            if (page != null) {
                return page;
            }
        }
        return DefaultHtml.page(status, reason(status), shown, "This page was " + maker(status, shown));
    }

    private static String json(int status, String shown) {
        return "{\"status\":" + status + ",\"error\":\"" + escaped(reason(status)) + "\",\"message\":\""
                + escaped(shown) + "\",\"source\":\"proxy\"}\n";
    }

    private static String text(int status, String shown) {
        return status + " " + reason(status) + "\n" + shown + "\nThis answer was " + maker(status, shown) + "\n";
    }

    private static String reason(int status) {
        return HttpStatus.getMessage(status);
    }

    /** Who made the answer, and that the service is unavailable if the operator's message does not say so. */
    private static String maker(int status, String shown) {
        return status == HttpStatus.SERVICE_UNAVAILABLE_503 && !shown.contains("unavailable")
                ? "made by the proxy while the service is unavailable."
                : "made by the proxy.";
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                escaped.append('\\').append(c);
            } else if (c < ' ') {
                escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
