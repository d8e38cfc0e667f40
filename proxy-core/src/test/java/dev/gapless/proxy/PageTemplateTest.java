package dev.gapless.proxy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class PageTemplateTest {
    /** In the tables a tilde stands for the end of a line. */
    private static String lines(String text) {
        return text.replace('~', '\n');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                // template | with the message M | without
                "''|''|''",
                "<p>Sorry</p>|<p>Sorry</p>|<p>Sorry</p>",
                "{{ .Message }}|M|''",
                "a{{.Message}}b|aMb|ab",
                "a{{\t.Message~}}b|aMb|ab",
                "{{.Message}}{{.Message}},{{.Message}}|MM,M|,",
                "{{ if .Message }}a{{ end }}|a|''",
                "{{ if .Message }}a{{ else }}b{{ end }}|a|b",
                "{{if .Message}}{{.Message}}{{else}}none{{end}}.|M.|none.",
                "{{  if   .Message  }}a{{  else  }}b{{  end  }}|a|b",
                "{{ if~.Message }}a{{ end }}|a|''",
                "{{ if .Message }}a{{ else }}{{ .Message }}b{{ end }}c|ac|bc",
                "1{{if .Message}}2{{if .Message}}3{{.Message}}{{else}}4{{end}}5{{else}}6{{end}}7|123M57|167",
                "1{{if .Message}}2{{else}}3{{if .Message}}4{{else}}5{{end}}6{{end}}7|127|13567",
                "{{if .Message}}a{{end}}{{if .Message}}b{{else}}c{{end}}|ab|c",
                "{{if .Message}}{{else}}{{end}}|''|''",
                "{{/* a comment */}}a|a|a",
                "{{/* {{ if }} }} \" */}}a|a|a",
                "{{ /**/ }}a|a|a",
                "{{/*~~*/}}a|a|a",
                "a }} b { c } {d|a }} b { c } {d|a }} b { c } {d",
                "{{ .Message }}}|M}|}",
                "{ {{ .Message }} }|{ M }|{  }",
                "ü€😀{{ .Message }}😀|ü€😀M😀|ü€😀😀",
                // trim markers
                "a ~ {{- .Message -}} ~ b|aMb|ab",
                "a {{- .Message }} b|aM b|a b",
                "a {{ .Message -}} b|a Mb|a b",
                "a {{-~.Message~-}} b|aMb|ab",
                "a {{- /* comment */ -}} b|ab|ab",
                "a {{- if .Message }} b {{- else -}} c {{ end -}} d|a bd|ac d",
                "  {{- .Message -}}  |M|''",
                "{{ .Message -}} {{- .Message }}|MM|''",
                "a\u00a0{{- .Message }}|a\u00a0M|a\u00a0",
                // attributes, and code without a message
                "<a title=\"{{ .Message }}\">|<a title=\"M\">|<a title=\"\">",
                "<style>p { a: b }</style>{{ .Message }}|<style>p { a: b }</style>M|<style>p { a: b }</style>",
                "<STYLE media=all>a</Style >{{.Message}}|<STYLE media=all>a</Style >M|<STYLE media=all>a</Style >",
                "<scripts>{{ .Message }}|<scripts>M|<scripts>",
                "<script>{{ if .Message }}a{{ end }}</script>|<script>a</script>|<script></script>",
            })
    void aTemplateHasAFaceWithAMessageAndOneWithout(String template, String withMessage, String without) {
        PageTemplate page = PageTemplate.parse(lines(template));

        assertThat(page.render("M")).isEqualTo(lines(withMessage));
        assertThat(page.render("")).isEqualTo(lines(without));
        assertThat(page.source()).isEqualTo(lines(template));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{{ .Name }}|line 1: unknown action \"{{ .Name }}\"; expected {{ .Message }}",
                "~~a {{ .Messages }}|line 3: unknown action \"{{ .Messages }}\"",
                "{{ . }}|unknown action \"{{ . }}\"",
                "{{ .message }}|unknown action \"{{ .message }}\"",
                "{{}}|unknown action",
                "{{ }}|unknown action",
                "{{- -}}|unknown action",
                "{{- }}|unknown action",
                "{{-.Message}}|unknown action \"{{ -.Message }}\"",
                "{{ .Message-}}|unknown action \"{{ .Message- }}\"",
                "{{ if }}a{{ end }}|unknown action \"{{ if }}\"",
                "{{ if .Other }}a{{ end }}|unknown action \"{{ if .Other }}\"",
                "{{ IF .Message }}a{{ end }}|unknown action",
                "{{ range .Message }}a{{ end }}|unknown action \"{{ range .Message }}\"",
                "{{ template \"404.html\" }}|unknown action \"{{ template \"404.html\" }}\"",
                "{{ .Message {{ .Message }}|unknown action",
                "{{{ .Message }}}|unknown action \"{{ { .Message }}\"",
                "a~{{ .Message|line 2: unclosed action",
                "{{|unclosed action",
                "{{ .Message }|unclosed action",
                "{{ if .Message }}a{{|unclosed action",
                "{{/* a }}|unclosed comment",
                "{{/*/}}|unclosed comment",
                "{{/* a */|unclosed action",
                "{{/* a */ .Message }}|a comment and \".Message\" between the same braces",
                "{{/* a */-}}|a comment and \"-\" between the same braces",
                "{{ .Message /* a */ }}|unknown action",
                "a~b~{{ if .Message }}~|line 3: {{ if }} without {{ end }}",
                "{{ if .Message }}~{{ if .Message }}{{ end }}|line 1: {{ if }} without {{ end }}",
                "{{ if .Message }}{{ else }}|{{ if }} without {{ end }}",
                "{{ else }}|{{ else }} without {{ if }}",
                "{{ if .Message }}{{ else }}{{ else }}{{ end }}|{{ else }} without {{ if }}",
                "{{ if .Message }}{{ end }}{{ else }}|{{ else }} without {{ if }}",
                "{{ end }}|{{ end }} without {{ if }}",
                "{{ if .Message }}{{ end }}~{{ end }}|line 2: {{ end }} without {{ if }}",
                "<script>alert(\"{{ .Message }}\")</script>|within <script> or <style>",
                "<style>p::after { content: '{{ .Message }}' }</style>|within <script> or <style>",
                "<SCRIPT type=module>{{ if .Message }}a{{ else }}{{ .Message }}{{ end }}|within <script> or <style>",
            },
            quoteCharacter = '`')
    void aMalformedTemplateIsRefusedWithItsLine(String template, String fault) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PageTemplate.parse(lines(template)))
                .withMessageStartingWith("line ")
                .withMessageContaining(fault);
    }

    @Test
    void aLongUnknownActionIsQuotedInPart() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PageTemplate.parse("{{ " + "x".repeat(10_000) + " }}"))
                .withMessageContaining("\"{{ " + "x".repeat(60) + "... }}\"")
                .satisfies(refusal -> assertThat(refusal.getMessage()).hasSizeLessThan(250));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "back at 10|back at 10",
                "<script>alert(1)</script>|&lt;script&gt;alert(1)&lt;/script&gt;",
                "\"it's\" & more|&#34;it&#39;s&#34; &amp; more",
                "&amp;|&amp;amp;",
                "1+1|1&#43;1",
                "{{ .Message }}|{{ .Message }}",
                "{{ if .Message }}{{ else }}|{{ if .Message }}{{ else }}",
                "$1 \\1 %s|$1 \\1 %s",
                "ü€😀|ü€😀",
                "` `|` `",
            })
    void aMessageIsEscapedAndNeverRead(String message, String escaped) {
        PageTemplate page =
                PageTemplate.parse("<p title=\"{{ .Message }}\">{{ if .Message }}{{ .Message }}{{ end }}</p>");

        assertThat(page.render(message)).isEqualTo("<p title=\"" + escaped + "\">" + escaped + "</p>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d", "\ude00", "\u0000"})
    void whatHtmlCannotHaveIsReplaced(String message) {
        assertThat(PageTemplate.parse("<{{ .Message }}>").render("a" + message + "b"))
                .isEqualTo("<a\ufffdb>");
    }

    @Test
    void aMessageOfWhiteSpaceAloneIsOne() {
        PageTemplate page = PageTemplate.parse("{{ if .Message }}[{{ .Message }}]{{ else }}none{{ end }}");

        assertThat(page.render(" \n")).isEqualTo("[ \n]");
    }

    @Test
    void branchesMayBeNestedDeeply() {
        int depth = 20_000;
        PageTemplate page =
                PageTemplate.parse("{{ if .Message }}a{{ else }}b".repeat(depth) + "{{ end }}".repeat(depth));

        assertThat(page.render("M")).isEqualTo("a");
        assertThat(page.render("")).isEqualTo("b".repeat(depth));
    }
}
