package dev.gapless.proxy.jetty;

import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;

/**
 * Counts how often a request has come through this proxy: one whose target is the proxy itself, by itself or through others, would
 * go round for ever. The count goes along with the request as a mark that only this proxy can read, one of a few random ones, so
 * that a client can neither have its request refused for a loop nor hide one. Marks of other proxies are left as they are.
 */
final class Hops {
    static final String HEADER = "Gapless-Hops";
    /** How often a request may come through. Once more than a sensible set-up needs costs little, and is cheaper than a refusal. */
    static final int MOST = 8;

    private static final int MARK_BYTES = 12;
    private static final Pattern MARK = Pattern.compile("[0-9A-Za-z_-]{16}");
    private static final int MOST_OF_OTHERS = 8;

    /** That of each count; the first is never sent. */
    private final String[] marks = new String[MOST + 1];

    /** That of nearly every request, which comes here for the first time. */
    private final HttpField first;

    Hops() {
        SecureRandom random = new SecureRandom();
        byte[] bytes = new byte[MARK_BYTES];
        for (int count = 0; count < marks.length; count++) {
            random.nextBytes(bytes);
            marks[count] = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        }
        first = new HttpField(HEADER, marks[1]);
    }

    /** Whether a request has come through as often as it may. */
    boolean areTooMany(HttpFields request) {
        String said = Headers.joined(request, HEADER);
        return said != null && count(said) >= MOST;
    }

    /** Marks a request for its target as one that has come through once more. */
    void mark(HttpFields from, HttpFields.Mutable to) {
        String said = Headers.joined(from, HEADER);
        if (said == null) {
            to.put(first);
            return;
        }
        Deque<String> others = new ArrayDeque<>();
        for (String mark : said.split(",", -1)) {
            String one = mark.strip();
            if (MARK.matcher(one).matches() && count(one) == 0) {
                others.add(one);
                if (others.size() > MOST_OF_OTHERS) {
                    others.remove();
                }
            }
        }
        others.add(marks[Math.min(MOST, count(said) + 1)]);
        to.put(HEADER, String.join(", ", others));
    }

    private int count(String said) {
        for (int count = MOST; count > 0; count--) {
            if (said.contains(marks[count])) {
                return count;
            }
        }
        return 0;
    }
}
