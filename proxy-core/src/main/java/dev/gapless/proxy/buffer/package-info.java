/**
 * Bytes: memory, then disk. Knows nothing of HTTP. The entry type is {@link dev.gapless.proxy.buffer.BufferSpace}, one a
 * proxy; adapters use it, hosts do not see it.
 *
 * <pre>
 *   append ─► SpillBuffer ─► MemoryChunks          while the buffer's limit and the space's budget last
 *                  │    └──► SpillFile             from then on, on the space's executor
 *                  │            └─ SpillDirectory ─► DirectoryClaim (a locked file), Leftovers (at creation)
 *                  └► SpillReader, any number: poll (a view of the memory), read (into the caller's buffer)
 * </pre>
 *
 * <p>Decisions:
 *
 * <ul>
 *   <li>A buffer that spills moves to its file as a whole and gives its memory back, so that big bodies do not keep small
 *       ones out of the memory. File work uses the buffers of the caller: a spilled buffer has no heap of its own.
 *   <li>Chunks grow with the content, from 512 bytes to 64 KiB, and are never pooled: a view that outlives its buffer stays
 *       valid, and small bodies cost one array of their size.
 *   <li>An append that cannot be kept adds nothing and consumes nothing of its source: what the buffer had before can be
 *       read, so that a response can be streamed instead.
 *   <li>What is done at once is returned; what takes file work, or waiting, calls back. Neither allocates for a body in
 *       memory, and a loop over them does not recurse.
 *   <li>Files are opened with {@link java.nio.file.StandardOpenOption#DELETE_ON_CLOSE}: on Linux the name is gone before the
 *       first byte is written, on Windows the system deletes the file of a killed process. For the moments and platforms that
 *       this leaves, each space holds a lock on a file that stands beside; who gets the lock knows that its owner is dead.
 *   <li>The directory is touched by the first spill, not before: a proxy on a read-only disk works as long as its
 *       memory lasts. A directory that was removed is made again.
 * </ul>
 *
 * <p>Keys that have to be in files go to a {@link dev.gapless.proxy.buffer.PrivateDirectory}, which rests on the same locks: it is
 * claimed as a whole, and goes as a whole.
 *
 * <p>Locks: each buffer has its own, under which no file work and no callback runs. Budgets are shared, one atomic number
 * each, touched once a chunk.
 */
@NullMarked
package dev.gapless.proxy.buffer;

import org.jspecify.annotations.NullMarked;
