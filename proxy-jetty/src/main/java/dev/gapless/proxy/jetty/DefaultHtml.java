package dev.gapless.proxy.jetty;

/**
 * The page that a browser shows for an error of the proxy's own, if the service has none: one document that asks for nothing
 * else, runs nothing, and follows the reader's choice of light or dark. Its colours contrast by at least 4.5 to 1, as level
 * AA of WCAG 2.2 asks for text.
 */
final class DefaultHtml {
    private static final String START = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <link rel="icon" href="data:,">
            <title>""";

    private static final String AFTER_TITLE = """
            </title>
            <style>
            :root {
              --ground: #f4f5f7; --ink: #1b2230; --quiet: #565f70; --line: #d5d9e0; --accent: #3450a3;
            }
            @media (prefers-color-scheme: dark) {
              :root { --ground: #12151c; --ink: #e9ecf2; --quiet: #a0a9b8; --line: #2d3442; --accent: #93aaf5; }
            }
            * { box-sizing: border-box; margin: 0 }
            body {
              display: flex; flex-direction: column; min-height: 100vh; min-height: 100svh;
              padding: clamp(1.5rem, 6vw, 4rem); background: var(--ground); color: var(--ink);
              font: 1.125rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
            }
            main, footer { width: 100%; max-width: 40rem; margin-inline: auto }
            main { margin-block: auto }
            h1 { font-size: clamp(1.75rem, 5vw, 2.5rem); font-weight: 650; line-height: 1.2; letter-spacing: -.02em; text-wrap: balance }
            h1 span {
              display: block; margin: 0 0 1rem -.05em; color: var(--accent);
              font-size: clamp(4rem, 16vw, 7rem); font-weight: 750; line-height: 1; letter-spacing: -.04em;
            }
            h1::after {
              content: ""; display: block; width: 7rem; height: .25rem; margin: 1.5rem 0 1.75rem;
              background: linear-gradient(90deg, var(--accent) 64%, transparent 64% 76%, var(--accent) 76%);
            }
            p { font-size: 1.1875rem; white-space: pre-line; overflow-wrap: anywhere; text-wrap: pretty }
            footer { margin-block: 3rem 0; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .875rem }
            </style>
            </head>
            <body>
            <main>
            <h1><span>""";

    private DefaultHtml() {}

    static String page(int status, String reason, String text, String maker) {
        String heading = escaped(reason);
        return START + status + " " + heading + AFTER_TITLE + status + "</span> " + heading
                + "</h1>\n<p dir=\"auto\">" + escaped(text) + "</p>\n</main>\n<footer>" + escaped(maker)
                + "</footer>\n</body>\n</html>\n";
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&#34;");
                case '\'' -> escaped.append("&#39;");
                case 0 -> escaped.append('\ufffd');
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
