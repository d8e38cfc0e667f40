package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.Explanation;
import dev.gapless.proxy.Services;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code explain}: what would become of a request. */
@Command(
        name = "explain",
        sortOptions = false,
        description = "Say what would become of a GET of a URL at this moment, and why, without sending it.")
final class ExplainCommand implements OperatorCommand {
    @Parameters(paramLabel = "<url>", description = "URL as a client would ask for it.")
    private String url = "";

    @Option(
            names = "-H",
            paramLabel = "<name: value>",
            description = "Header field that the request has; may be repeated.")
    private List<String> headers = List.of();

    @Override
    public String run(Services services) {
        return inWords(services.explain(request()));
    }

    /** Returns the request, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    DescribedRequest request() {
        DescribedRequest request = DescribedRequest.to(url);
        for (String header : headers) {
            int colon = header.indexOf(':');
            String name = header.substring(0, Math.max(colon, 0)).strip();
            if (name.isEmpty()) {
                throw new CommandFailure("header \"" + header + "\" is not like \"Name: value\"");
            }
            request = request.withHeader(name, header.substring(colon + 1).strip());
        }
        return request;
    }

    static String inWords(Explanation explanation) {
        StringBuilder words = new StringBuilder(lowerCase(explanation.outcome()));
        explanation.service().ifPresent(service -> words.append(", service ").append(service));
        explanation
                .deployment()
                .ifPresent(slot -> words.append(", ").append(lowerCase(slot)).append(" deployment"));
        if (!explanation.targets().isEmpty()) {
            words.append(", target ")
                    .append(explanation.targets().stream().map(Object::toString).collect(Collectors.joining(" or ")));
        }
        words.append('\n');
        explanation
                .reasons()
                .forEach(reason -> words.append("- ").append(reason).append('\n'));
        return words.toString();
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
