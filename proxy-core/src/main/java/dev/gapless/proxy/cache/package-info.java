/**
 * HTTP caching: the rules (RFC 9111 and what belongs to it), and what is stored. Knows nothing of sockets, threads and clocks.
 * The entry type is {@link dev.gapless.proxy.cache.HttpCache}, one a proxy; adapters use it, hosts do not see it.
 *
 * <pre>
 *   CacheRequest ─► HttpCache.decide ─┬─► Bypass   forward; HttpCache.forwarded hears of the response
 *                       │             ├─► Answer   from what is stored (and maybe a Fill to validate it meanwhile)
 *                       │             ├─► Ask      forward; the Fill hears of the response
 *                       │             └─► Wait     until another's Fill knows: then Answer or Ask
 *                       │
 *    CacheStore ─► Variants ─► StoredResponse     selected by Variant, judged by Reuse, Freshness, CacheControl
 *        ▲                          │
 *        │                          └─► Answers ─► CacheAnswer (Conditions, ByteRange, CacheStatus) ─► BodyReader
 *        │                                                                                                 ▲
 *   Fill.responded ─► Store ─► Fill.append ... complete ─► CachedBody ─────────────────────────────────────┘
 *        ├──────────► Pass, Answer, Repeat                     └─► Overflow (too long after all)
 *        └─ judged by Storing
 * </pre>
 *
 * <p>Decisions:
 *
 * <ul>
 *   <li>The key is what the target gets, byte for byte, and the service. Fields that frameworks take for a part of the URL tell
 *       responses apart even without {@code Vary}; a {@code Vary} on what the proxy writes for each client is one on everything.
 *   <li>Only whole responses to {@code GET} are stored; {@code HEAD}, ranges and conditions are answered from them. A request for
 *       a range of what is not stored passes as it is, and so does a conditional one. Who asks for several ranges gets the whole.
 *   <li>Stored is what can be used: fresh for a while, or with a validator. A response that says nothing of caching is neither
 *       (unless heuristics are on), and one that sets a cookie only if it says that it is for all.
 *   <li>{@code s-maxage} forbids the use of stale responses, but not against {@code stale-while-revalidate} or {@code
 *       stale-if-error} beside it.
 *   <li>An {@code Age} that cannot be read is the greatest there is, although RFC 9111 (section 5.1) recommends to ignore it.
 *   <li>A target that gives no answer is what section 4.2.4 calls disconnected, if the options say so; one that answers with an
 *       error is not, so that only {@code stale-if-error} counts there.
 *   <li>Requests wait for a response of unknown length until it is whole, as it may yet be too long to be stored; those of a
 *       known length are shared as they come. Who waited in vain asks on its own, and for ten seconds nobody waits for that key.
 *   <li>The client of a fill reads what is stored like all others, so that the target is read at its own pace, and a slow client
 *       holds nobody. A response that turns out to be too long goes on with a window between target and client.
 *   <li>What is compressed is an {@code EncodedBody} beside the stored body, for each coding one, made when the first client wants it.
 *       The body itself stays as the target has sent it: ranges, validations and clients without codings are answered from that.
 *       It is never a variant: no {@code Vary} of the target's has selected it.
 *   <li>Entries are used for requests of their own generation only, unless the options keep them: a rollout and the active
 *       deployment beside it do not share, and the one validates what the other has stored.
 *   <li>Purges look at each stored response. They and fills meet at the fill's lock: what was asked for before a purge is not
 *       stored after it.
 * </ul>
 */
@NullMarked
package dev.gapless.proxy.cache;

import org.jspecify.annotations.NullMarked;
