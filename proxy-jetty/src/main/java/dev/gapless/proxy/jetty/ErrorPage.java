package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.QuotedQualityCSV;
import org.eclipse.jetty.util.StringUtil;

/**
 * The body of an error that the proxy itself answers with: HTML, unless the client's {@code Accept} prefers JSON or plain
 * text.
 *
 * @param contentType its media type
 * @param body its bytes
 */
record ErrorPage(String contentType, String body) {
    private static final String HTML = "text/html";
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain";

    static ErrorPage of(HttpFields requestHeaders, int status, String message) {
        String reason = HttpStatus.getMessage(status);
        return switch (preferred(requestHeaders)) {
            case JSON ->
                new ErrorPage(
                        JSON,
                        "{\"status\":" + status + ",\"error\":\"" + json(reason) + "\",\"message\":\"" + json(message)
                                + "\",\"source\":\"proxy\"}\n");
            case TEXT ->
                new ErrorPage(
                        TEXT + ";charset=utf-8",
                        status + " " + reason + "\n" + message + "\nThis answer was made by the proxy.\n");
            default -> new ErrorPage(HTML + ";charset=utf-8", html(status, reason, message));
        };
    }

    ByteBuffer bytes() {
        return StandardCharsets.UTF_8.encode(body);
    }

    private static String preferred(HttpFields requestHeaders) {
        List<String> accepted =
                requestHeaders.getQualityCSV(HttpHeader.ACCEPT, QuotedQualityCSV.MOST_SPECIFIC_MIME_ORDERING);
        for (String type : accepted) {
            String name = type.toLowerCase(Locale.ROOT);
            if (name.startsWith(JSON) || name.startsWith("application/*") || name.contains("+json")) {
                return JSON;
            } else if (name.startsWith(TEXT)) {
                return TEXT;
            } else if (name.startsWith("text/") || name.startsWith("*/*") || name.startsWith("application/xhtml")) {
                return HTML;
            }
        }
        return HTML;
    }

    private static String html(int status, String reason, String message) {
        String title = status + " " + StringUtil.sanitizeXmlString(reason);
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>%1$s</title>
                <style>
                body { margin: 15vh auto; max-width: 36rem; padding: 0 1.5rem; font: 1.125rem/1.6 system-ui, sans-serif }
                footer { margin-top: 3rem; font-size: .875rem; opacity: .75 }
                </style>
                </head>
                <body>
                <main>
                <h1>%1$s</h1>
                <p>%2$s</p>
                </main>
                <footer>This page was made by the proxy.</footer>
                </body>
                </html>
                """.formatted(title, StringUtil.sanitizeXmlString(message));
    }

    private static String json(String text) {
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
