package dev.gapless.proxy;

/** What a deployment does to the responses that the cache has of the generation before. */
public enum CacheOnDeploy {
    /** They are used as long as they are fresh: right for applications whose URLs change with their content. */
    KEEP,
    /** They are used after the new targets have said that they are still right, as if they were stale. The default. */
    REVALIDATE,
    /** They are not used any more. */
    DROP
}
