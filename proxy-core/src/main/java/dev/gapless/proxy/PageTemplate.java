package dev.gapless.proxy;

import java.util.List;

/**
 * One error page in the part of Go's {@code html/template} language that Kamal's pages use.
 *
 * <p>The message is all that a template can ask about, so a page has two faces: one for no message, which is a constant, and
 * one for any message, which is that message between constants. Both are made once. Immutable.
 *
 * @param source the template
 * @param withoutMessage the page if there is no message
 * @param aroundMessage the page if there is one: what stands before, between and after its occurrences
 */
record PageTemplate(String source, String withoutMessage, List<String> aroundMessage) {
    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException if it is malformed; the message names the line and what stands there
     */
    static PageTemplate parse(String source) {
        return new PageTemplateParser(source).parse();
    }

    String render(String message) {
        return message.isEmpty() ? withoutMessage : String.join(escape(message), aroundMessage);
    }

    /** Escapes as Go's {@code html/template} does, for the text of elements and for attributes in quotes. */
    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&#34;");
                case '\'' -> escaped.append("&#39;");
                case '+' -> escaped.append("&#43;");
                default -> escaped.appendCodePoint(mayStandInHtml(c) ? c : 0xFFFD);
            }
        });
        return escaped.toString();
    }

    /** A NUL may not, and half of a surrogate pair cannot be encoded. */
    private static boolean mayStandInHtml(int c) {
        return c != 0 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE);
    }
}
