package dev.gapless.proxy;

/** What the cache did for a request; answers say the same in {@code X-Cache}. */
public enum CacheUse {
    /** It was answered with what is stored, maybe after a target had said that this is still right. */
    HIT,
    /** It was answered with what a target sent: for this request, or for another one that asked for the same. */
    MISS,
    /** The cache had nothing to do with it: the method, say, is none whose responses are stored. */
    BYPASS
}
