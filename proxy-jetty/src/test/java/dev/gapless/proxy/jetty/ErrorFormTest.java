package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

final class ErrorFormTest {
    private static ErrorForm preferredBy(String... accepts) {
        HttpFields.Mutable headers = HttpFields.build();
        for (String accept : accepts) {
            headers.add("Accept", accept);
        }
        return ErrorForm.preferredBy(headers);
    }

    @Test
    void whoAcceptsNothingInParticularGetsHtml() {
        assertThat(preferredBy()).isEqualTo(ErrorForm.HTML);
        assertThat(preferredBy("")).isEqualTo(ErrorForm.HTML);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "*/*|HTML",
                "text/html|HTML",
                "text/html, application/json|HTML",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8|HTML",
                "application/xhtml+xml, application/json;q=0.9|HTML",
                "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2|HTML",
                "application/json|JSON",
                "application/json;charset=utf-8|JSON",
                "application/problem+json|JSON",
                "application/vnd.api+json;version=1|JSON",
                "application/*|JSON",
                "application/*, */*|JSON",
                "application/json, text/html|JSON",
                "application/json, text/html;q=0.9|JSON",
                "application/json;q=0.5, text/html|HTML",
                "application/json;q=0.5, */*|HTML",
                "application/json, */*|JSON",
                "application/json, text/plain, */*|JSON",
                "text/plain, application/json|TEXT",
                "text/plain|TEXT",
                "TEXT/PLAIN, */*;q=0.1|TEXT",
                "text/plain;format=flowed;Q=0.9, text/html;q=0.8|TEXT",
                "text/*|HTML",
                "text/*, text/html;q=0.1|TEXT",
                "image/png|HTML",
                "application/jsonp|HTML",
                "application/json-seq|HTML",
                "text/plainish|HTML",
                // the most specific range counts, wherever it stands
                "*/*, text/html;q=0|JSON",
                "text/html;q=0, application/json;q=0, */*|TEXT",
                "*/*;q=0.1, text/plain;q=0.2|TEXT",
                "application/json;q=0.2, application/problem+json;q=0.8, text/html;q=0.5|JSON",
                // weights
                "application/json;q=0, text/plain|TEXT",
                "application/json;q=0|HTML",
                "application/json;q=0.000, text/plain;q=0.001|TEXT",
                "text/html;q=0|HTML",
                "*/*;q=0|HTML",
                "text/html;q=0.998, application/json;q=0.999|JSON",
                "text/html;q=0.5, application/json;q=0.500001|HTML",
                "text/html;q=0.3333333333333333333333, application/json;q=0.25|HTML",
                "text/html;q=0., application/json;q=1.000|JSON",
                "text/html ; q=0.1 , application/json ; q=0.2|JSON",
                // what is malformed is passed over
                ";;,=|HTML",
                ",,,application/json|JSON",
                "json|HTML",
                "application/json;q=high, text/plain|TEXT",
                "application/json;q=2, text/plain;q=0.1|TEXT",
                "application/json;q=1.1, text/plain;q=0.1|TEXT",
                "application/json;q=-1, text/plain;q=0.1|TEXT",
                "application/json;q=, text/plain;q=0.1|TEXT",
                "application/json;q=., text/plain;q=0.1|TEXT",
                "application/json;q=NaN, text/plain;q=0.1|TEXT",
                "application/json;q=1e0, text/plain;q=0.1|TEXT",
                "application/json;q=0.٣, text/plain;q=0.1|TEXT",
                "application/json;;;|JSON",
                "application/json;=;q, text/plain;q=0.1|JSON",
                // quotes hide delimiters
                "text/plain;a=\"b,application/json\";q=0.5, text/html;q=0.4|TEXT",
                "text/plain;a=\"b;q=0\", text/html;q=0.4|TEXT",
                "text/plain;a=\"b\\\",\";q=0.3, text/html;q=0.4|HTML",
                "text/plain;a=\"b, text/html|TEXT",
                "text/plain;a=\"b\\|TEXT",
                "\"application/json\"|HTML",
            })
    void thePreferredFormIsChosen(String accept, ErrorForm form) {
        assertThat(preferredBy(accept)).isEqualTo(form);
    }

    @Test
    void severalFieldsAreOneList() {
        assertThat(preferredBy("text/html;q=0.5", "application/json")).isEqualTo(ErrorForm.JSON);
        assertThat(preferredBy("text/plain", "application/json")).isEqualTo(ErrorForm.TEXT);
        assertThat(preferredBy("text/plain;a=\"", "application/json;q=0.5")).isEqualTo(ErrorForm.TEXT);
        assertThat(preferredBy("", "application/json")).isEqualTo(ErrorForm.JSON);
    }

    @Test
    void otherFieldsSayNothing() {
        assertThat(ErrorForm.preferredBy(HttpFields.build().add("Accept-Encoding", "application/json")))
                .isEqualTo(ErrorForm.HTML);
    }

    @Test
    void onlyTheFirstFourThousandCharactersAreRead() {
        String padding = "image/png,".repeat(408); // 4,080 characters: 16 are left, as many as "application/json" has

        assertThat(preferredBy(padding + "application/json")).isEqualTo(ErrorForm.JSON);
        assertThat(preferredBy(padding + "application/json,text/html")).isEqualTo(ErrorForm.HTML);
        assertThat(preferredBy(padding + "text/plain;q=0.9,text/html")).isEqualTo(ErrorForm.HTML);
        assertThat(preferredBy(padding, "application/json")).isEqualTo(ErrorForm.JSON);
        assertThat(preferredBy(padding, "a", "application/json")).isEqualTo(ErrorForm.HTML);
        assertThat(preferredBy("application/json," + padding)).isEqualTo(ErrorForm.JSON);
    }

    @Test
    void aRangeThatIsNotReadToItsEndDoesNotCount() {
        String start = "text/plain;x=" + "y".repeat(4090);

        assertThat(preferredBy(start + ";q=0.9")).isEqualTo(ErrorForm.HTML);
        assertThat(preferredBy("application/json," + start)).isEqualTo(ErrorForm.JSON);
    }
}
