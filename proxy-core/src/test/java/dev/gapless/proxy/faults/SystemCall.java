package dev.gapless.proxy.faults;

/** What a {@link FaultyFileSystem} asks of the real one. */
public enum SystemCall {
    ATTRIBUTES,
    MAKE_DIRECTORY,
    LIST,
    OPEN,
    READ,
    WRITE,
    FORCE,
    CLOSE,
    LINK,
    READ_LINK,
    RENAME,
    DELETE
}
