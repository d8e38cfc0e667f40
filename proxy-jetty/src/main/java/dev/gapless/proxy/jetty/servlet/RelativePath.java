package dev.gapless.proxy.jetty.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.MappingMatch;
import org.eclipse.jetty.util.URIUtil;
import org.jspecify.annotations.Nullable;

/** The path of a request, as the client wrote it, relative to where the servlet is mounted, which the container knows decoded. */
final class RelativePath {
    private final HttpServletRequest request;

    RelativePath(HttpServletRequest request) {
        this.request = request;
    }

    /** {@return the path for services, or null if what the client wrote does not lead below the mount} */
    @Nullable
    String under(MountPath mountPath) {
        String whole = request.getRequestURI();
        if (mountPath == MountPath.KEPT || whole.equals("*")) {
            return whole;
        }
        String mount = request.getContextPath() + (isOfPath() ? request.getServletPath() : "");
        String written = after(mount, whole);
        // Dot segments, or slashes that the container takes for one: then what it has understood counts.
        return written == null ? after(mount, URIUtil.canonicalPath(whole)) : written;
    }

    /** Whether the servlet has a path of its own: not by an extension, nor as the default or for the context's root. */
    private boolean isOfPath() {
        MappingMatch match = request.getHttpServletMapping().getMappingMatch();
        return match == MappingMatch.PATH || match == MappingMatch.EXACT;
    }

    /** {@return what follows as many segments as the mount has, if these are the mount's; else null} */
    private static @Nullable String after(String mount, @Nullable String path) {
        if (path == null) {
            return null;
        }
        int end = 0;
        for (int segments = segments(mount); segments > 0; segments--) {
            int next = path.indexOf('/', end + 1);
            if (next < 0 && segments > 1) {
                return null;
            }
            end = next < 0 ? path.length() : next;
        }
        if (!isMount(path.substring(0, end), mount)) {
            return null;
        }
        return end == path.length() ? "/" : path.substring(end);
    }

    private static int segments(String mount) {
        return (int) mount.chars().filter(c -> c == '/').count();
    }

    private static boolean isMount(String written, String mount) {
        try {
            return URIUtil.decodePath(written).equals(URIUtil.decodePath(mount));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
