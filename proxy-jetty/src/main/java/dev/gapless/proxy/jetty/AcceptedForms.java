package dev.gapless.proxy.jetty;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/**
 * What the {@code Accept} fields of one request say of each {@link ErrorForm}: of the ranges that mean a form the most
 * specific one counts (RFC 9110, section 12.5.1).
 *
 * <p>A range that is malformed is passed over, and so is what comes after the first few thousand characters: no client needs
 * more, and an answer that refuses a request should cost little.
 */
final class AcceptedForms {
    private static final int MAX_CHARACTERS = 4096;
    static final int FULL_WEIGHT = 1000;
    static final int NO_WEIGHT = -1;
    private static final ErrorForm[] FORMS = ErrorForm.values();
    private static final Match NONE = new Match(0, 0, 0);

    private final Map<ErrorForm, Match> matches = new EnumMap<>(ErrorForm.class);
    private int ranges;

    AcceptedForms(HttpFields requestHeaders) {
        int left = MAX_CHARACTERS;
        for (HttpField field : requestHeaders) {
            String value = field.getHeader() == HttpHeader.ACCEPT ? field.getValue() : null;
            if (value != null && left > 0) {
                read(value, Math.min(left, value.length()));
                left -= value.length();
            }
        }
    }

    /**
     * The range that a form goes by.
     *
     * @param weight thousandths; 0 if the form is not wanted
     * @param specificity how closely the range means the form
     * @param position counts the ranges
     */
    private record Match(int weight, int specificity, int position) {
        /** Whether it decides on its form in place of another range. */
        boolean overrules(Match other) {
            return specificity > other.specificity
                    || (specificity == other.specificity && specificity > 0 && weight > other.weight);
        }

        /** Whether its form is rather wanted than another: the first named, if there is nothing else between them. */
        boolean isBetterThan(Match other) {
            if (weight == 0 || weight != other.weight) {
                return weight > other.weight;
            }
            return specificity > other.specificity || (specificity == other.specificity && position < other.position);
        }
    }

    ErrorForm preferred() {
        ErrorForm preferred = ErrorForm.HTML;
        for (ErrorForm form : FORMS) {
            if (match(form).isBetterThan(match(preferred))) {
                preferred = form;
            }
        }
        return preferred;
    }

    private Match match(ErrorForm form) {
        return matches.getOrDefault(form, NONE);
    }

    private void read(String value, int limit) {
        int start = 0;
        while (start < limit) {
            int end = indexOf(',', value, start, limit);
            if (end == limit && limit < value.length()) {
                return; // The range goes on beyond what is read.
            }
            range(value, start, end);
            start = end + 1;
        }
    }

    private void range(String value, int start, int end) {
        int typeEnd = indexOf(';', value, start, end);
        int weight = weight(value, typeEnd, end);
        if (weight == NO_WEIGHT) {
            return;
        }
        String range = value.substring(start, typeEnd).strip().toLowerCase(Locale.ROOT);
        ranges++;
        for (ErrorForm form : FORMS) {
            Match match = new Match(weight, form.specificity(range), ranges);
            if (match.overrules(match(form))) {
                matches.put(form, match);
            }
        }
    }

    private static int weight(String value, int start, int end) {
        int at = start;
        while (at < end) {
            int next = indexOf(';', value, at + 1, end);
            String parameter = value.substring(at + 1, next).strip();
            if (parameter.regionMatches(true, 0, "q=", 0, 2)) {
                return thousandths(parameter.substring(2));
            }
            at = next;
        }
        return FULL_WEIGHT;
    }

    /** Reads 0 to 1 with any number of decimals, of which three count. Some old clients leave the zero before the point out. */
    static int thousandths(String number) {
        int point = number.indexOf('.');
        String whole = point < 0 ? number : number.substring(0, point);
        String decimals = point < 0 ? "" : number.substring(point + 1);
        boolean isZero = whole.equals("0") || (whole.isEmpty() && !decimals.isEmpty());
        boolean isOne = whole.equals("1") && decimals.chars().allMatch(c -> c == '0');
        if (isOne) {
            return FULL_WEIGHT;
        }
        return isZero && decimals.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt((decimals + "000").substring(0, 3))
                : NO_WEIGHT;
    }

    /** Finds a delimiter that stands outside of quotes; the limit if there is none. */
    private static int indexOf(char delimiter, String value, int start, int limit) {
        boolean isQuoted = false;
        for (int at = start; at < limit; at++) {
            char c = value.charAt(at);
            if (isQuoted && c == '\\') {
                at++;
            } else if (c == '"') {
                isQuoted = !isQuoted;
            } else if (c == delimiter && !isQuoted) {
                return at;
            }
        }
        return limit;
    }
}
