package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http.HttpFields;

/** The forms in which the proxy says what went wrong. */
enum ErrorForm {
    /** For people, and for whoever does not say otherwise. */
    HTML("text/html;charset=utf-8"),
    /** For programs. */
    JSON("application/json"),
    /** For terminals. */
    TEXT("text/plain;charset=utf-8");

    private final String contentType;

    ErrorForm(String contentType) {
        this.contentType = contentType;
    }

    /** {@return the form that the client's {@code Accept} prefers; HTML if it has no preference} */
    static ErrorForm preferredBy(HttpFields requestHeaders) {
        return new AcceptedForms(requestHeaders).preferred();
    }

    String contentType() {
        return contentType;
    }

    /**
     * Says how closely a media range means this form.
     *
     * @param range in lower case, without parameters
     * @return 0 for not at all, more for a more specific range
     */
    int specificity(String range) {
        if (range.equals("*/*") || range.equals("*")) {
            return 1;
        }
        return switch (this) {
            case HTML ->
                range.equals("text/html") || range.equals("application/xhtml+xml") ? 3 : range.equals("text/*") ? 2 : 0;
            case JSON ->
                range.equals("application/json") || range.endsWith("+json") ? 3 : range.equals("application/*") ? 2 : 0;
            case TEXT -> range.equals("text/plain") ? 3 : range.equals("text/*") ? 2 : 0;
        };
    }
}
