package dev.gapless.proxy.engine;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.StaticFiles;
import java.nio.file.Path;

/** What files a service has sent, as JSON. */
final class FilesCodec {
    private FilesCodec() {}

    static JsonObject encode(SendfileOptions sendfile) {
        JsonObject json = new JsonObject();
        json.add(
                "roots",
                OptionsCodec.array(sendfile.roots().stream().map(Path::toString).toList()));
        JsonArray locations = new JsonArray();
        for (SendfileOptions.Location location : sendfile.locations()) {
            JsonObject members = new JsonObject();
            members.addProperty("prefix", location.prefix());
            members.addProperty("directory", location.directory().toString());
            locations.add(members);
        }
        json.add("locations", locations);
        return json;
    }

    static SendfileOptions sendfile(Fields fields) {
        SendfileOptions.Builder sendfile = SendfileOptions.builder();
        fields.texts("roots").forEach(root -> sendfile.root(Path.of(root)));
        for (JsonElement element : fields.elements("locations")) {
            Fields.read(
                    "locations",
                    element,
                    location -> sendfile.location(
                            location.requiredText("prefix"), Path.of(location.requiredText("directory"))));
        }
        return sendfile.build();
    }

    static JsonObject encode(StaticFiles files) {
        JsonObject json = new JsonObject();
        json.addProperty("directory", files.directory().toString());
        json.addProperty("pathPrefix", files.pathPrefix());
        json.addProperty("fingerprint", files.fingerprint());
        json.addProperty("keepPrevious", files.keepPrevious().toString());
        return json;
    }

    static StaticFiles staticFiles(Fields fields) {
        StaticFiles.Builder files = StaticFiles.builder(Path.of(fields.requiredText("directory")));
        fields.text("pathPrefix").ifPresent(files::pathPrefix);
        fields.text("fingerprint").ifPresent(files::fingerprint);
        fields.duration("keepPrevious").ifPresent(files::keepPrevious);
        return files.build();
    }
}
