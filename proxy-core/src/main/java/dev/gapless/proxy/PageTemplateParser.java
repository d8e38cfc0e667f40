package dev.gapless.proxy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Splits the source of one {@link PageTemplate} at its actions, in one pass. Used once. */
final class PageTemplateParser {
    private static final String OPEN = "{{";
    private static final String CLOSE = "}}";
    private static final String COMMENT_START = "/*";
    private static final String COMMENT_END = "*/";
    private static final int MAX_QUOTED_LENGTH = 60;

    /** Elements whose text is code, in which no entity is decoded: escaping a message for HTML is not enough there. */
    private static final Pattern CODE_TAG = Pattern.compile("<(/?)(?:script|style)\\b", Pattern.CASE_INSENSITIVE);

    private final String source;
    private final StringBuilder withoutMessage = new StringBuilder();
    private final List<String> aroundMessage = new ArrayList<>();
    private final Deque<Branch> open = new ArrayDeque<>();
    private StringBuilder sinceMessage = new StringBuilder();
    private int openElses;
    private boolean inCode;

    PageTemplateParser(String source) {
        this.source = source;
    }

    /** One branch of an {@code if}, which begins at an offset of the source. */
    private record Branch(int start, boolean isElse) {}

    /**
     * What stands from one pair of braces to the next.
     *
     * @param words its words, with one space between two; empty for a comment
     */
    private record Action(
            int start, int end, boolean trimsBefore, boolean trimsAfter, boolean isComment, String words) {}

    PageTemplate parse() {
        int at = 0;
        boolean trimStart = false;
        for (int start = source.indexOf(OPEN); start >= 0; start = source.indexOf(OPEN, at)) {
            Action action = actionAt(start);
            text(at, start, trimStart, action.trimsBefore());
            apply(action);
            trimStart = action.trimsAfter();
            at = action.end();
        }
        text(at, source.length(), trimStart, false);
        if (!open.isEmpty()) {
            throw malformed(open.element().start(), "{{ if }} without {{ end }}");
        }
        aroundMessage.add(sinceMessage.toString());
        return new PageTemplate(source, withoutMessage.toString(), List.copyOf(aroundMessage));
    }

    private Action actionAt(int start) {
        int inside = start + OPEN.length();
        boolean trimsBefore = source.startsWith("-", inside) && isSpace(inside + 1);
        int content = afterSpace(trimsBefore ? inside + 1 : inside);
        boolean isComment = source.startsWith(COMMENT_START, content);
        int from = isComment ? commentEnd(start, content) : content;
        int close = source.indexOf(CLOSE, from);
        if (close < 0) {
            throw malformed(start, "unclosed action");
        }
        boolean trimsAfter = close > from && source.charAt(close - 1) == '-' && isSpace(close - 2);
        String words =
                source.substring(from, trimsAfter ? close - 1 : close).strip().replaceAll("\\s+", " ");
        if (isComment && !words.isEmpty()) {
            throw malformed(start, "a comment and \"" + shortened(words) + "\" between the same braces");
        }
        return new Action(start, close + CLOSE.length(), trimsBefore, trimsAfter, isComment, words);
    }

    /** A comment may hold braces, so its end is looked for first. */
    private int commentEnd(int start, int content) {
        int end = source.indexOf(COMMENT_END, content + COMMENT_START.length());
        if (end < 0) {
            throw malformed(start, "unclosed comment");
        }
        return end + COMMENT_END.length();
    }

    private void apply(Action action) {
        if (action.isComment()) {
            return;
        }
        switch (action.words()) {
            case ".Message" -> message(action);
            case "if .Message" -> open.push(new Branch(action.start(), false));
            case "else" -> otherwise(action);
            case "end" -> end(action);
            default ->
                throw malformed(
                        action.start(),
                        "unknown action \"{{ " + shortened(action.words())
                                + " }}\"; expected {{ .Message }}, {{ if .Message }}, {{ else }} or {{ end }}");
        }
    }

    private void message(Action action) {
        if (inCode) {
            throw malformed(action.start(), "{{ .Message }} within <script> or <style>, where it cannot be escaped");
        }
        if (showsWithMessage()) {
            aroundMessage.add(sinceMessage.toString());
            sinceMessage = new StringBuilder();
        }
    }

    private void otherwise(Action action) {
        if (open.isEmpty() || open.element().isElse()) {
            throw malformed(action.start(), "{{ else }} without {{ if }}");
        }
        open.push(new Branch(open.pop().start(), true));
        openElses++;
    }

    private void end(Action action) {
        if (open.isEmpty()) {
            throw malformed(action.start(), "{{ end }} without {{ if }}");
        }
        if (open.pop().isElse()) {
            openElses--;
        }
    }

    private void text(int start, int end, boolean trimStart, boolean trimEnd) {
        int from = start;
        int to = end;
        while (trimStart && from < to && isSpace(from)) {
            from++;
        }
        while (trimEnd && to > from && isSpace(to - 1)) {
            to--;
        }
        if (showsWithMessage()) {
            sinceMessage.append(source, from, to);
        }
        if (showsWithoutMessage()) {
            withoutMessage.append(source, from, to);
        }
        Matcher tag = CODE_TAG.matcher(source).region(from, to);
        while (tag.find()) {
            inCode = tag.group(1).isEmpty();
        }
    }

    private boolean showsWithMessage() {
        return openElses == 0;
    }

    private boolean showsWithoutMessage() {
        return openElses == open.size();
    }

    private int afterSpace(int from) {
        int at = from;
        while (isSpace(at)) {
            at++;
        }
        return at;
    }

    /** White space as trim markers take it. */
    private boolean isSpace(int at) {
        return at < source.length() && " \t\r\n".indexOf(source.charAt(at)) >= 0;
    }

    private IllegalArgumentException malformed(int at, String fault) {
        long line = 1 + source.substring(0, at).chars().filter(c -> c == '\n').count();
        return new IllegalArgumentException("line " + line + ": " + fault);
    }

    private static String shortened(String words) {
        return words.length() <= MAX_QUOTED_LENGTH ? words : words.substring(0, MAX_QUOTED_LENGTH) + "...";
    }
}
