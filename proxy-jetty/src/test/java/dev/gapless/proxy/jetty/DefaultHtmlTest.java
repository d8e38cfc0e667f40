package dev.gapless.proxy.jetty;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class DefaultHtmlTest {
    private static final String PAGE = DefaultHtml.page(503, "Service Unavailable", "The text.", "The maker.");

    @Test
    void thePageHasALanguageATitleAHeadingAndLandmarks() {
        assertThat(PAGE)
                .startsWith("<!doctype html>\n<html lang=\"en\">")
                .contains("<title>503 Service Unavailable</title>")
                .contains("<main>\n<h1><span>503</span> Service Unavailable</h1>")
                .contains("<p dir=\"auto\">The text.</p>\n</main>")
                .contains("<footer>The maker.</footer>")
                .contains("width=device-width");
    }

    @Test
    void thePageAsksForNothingAndRunsNothing() {
        assertThat(PAGE)
                .doesNotContain("<script", "<img", "<iframe", "src=", "url(", "@import", "http:", "https:", " on")
                .containsOnlyOnce("href=")
                .contains("<link rel=\"icon\" href=\"data:,\">"); // Else a browser asks for /favicon.ico.
    }

    @Test
    void textContrastsWithItsGroundInLightAndDark() {
        List<Map<String, String>> schemes = schemes();

        assertThat(schemes).hasSize(2).doesNotHaveDuplicates();
        for (Map<String, String> colours : schemes) {
            for (String text : List.of("ink", "quiet", "accent")) {
                assertThat(contrast(colours.get(text), colours.get("ground")))
                        .as("%s on the ground of %s", text, colours)
                        .isGreaterThanOrEqualTo(4.5);
            }
        }
    }

    private static List<Map<String, String>> schemes() {
        return Pattern.compile(":root \\{(.*?)}", Pattern.DOTALL)
                .matcher(PAGE)
                .results()
                .map(scheme -> colours(scheme.group(1)))
                .toList();
    }

    private static Map<String, String> colours(String declarations) {
        Map<String, String> colours = new HashMap<>();
        Matcher colour = Pattern.compile("--(\\w+): #([0-9a-f]{6})").matcher(declarations);
        while (colour.find()) {
            colours.put(colour.group(1), colour.group(2));
        }
        return colours;
    }

    /** The contrast ratio of WCAG 2.2. */
    private static double contrast(String one, String other) {
        double a = luminance(one);
        double b = luminance(other);
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }

    private static double luminance(String colour) {
        return 0.2126 * channel(colour, 0) + 0.7152 * channel(colour, 2) + 0.0722 * channel(colour, 4);
    }

    private static double channel(String colour, int at) {
        double value = Integer.parseInt(colour, at, at + 2, 16) / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    }
}
