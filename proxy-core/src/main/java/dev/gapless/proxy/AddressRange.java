package dev.gapless.proxy;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses: all that begin with the same bits. Immutable.
 *
 * <p>IPv4 ranges hold IPv4 addresses, also those written within IPv6 ({@code ::ffff:192.0.2.1}), and IPv6 ranges hold IPv6
 * addresses only: {@code ::/0} is not everything. Scope ids ({@code %eth0}) are ignored. Nothing is ever looked up in the
 * DNS.
 */
public final class AddressRange {
    private final IpAddress first;
    private final int prefixLength;

    private AddressRange(IpAddress first, int prefixLength) {
        this.first = first;
        this.prefixLength = prefixLength;
    }

    /**
     * Reads a range.
     *
     * @param text a CIDR block such as {@code 10.0.0.0/8} or {@code 2001:db8::/32}, or a single address
     * @return the range
     * @throws IllegalArgumentException if the text has another form, or if the address has bits beyond the prefix ({@code
     *     10.1.2.3/8}), as that is either a slip or a range wider than it looks; the message quotes the text
     */
    public static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        String addressText = slash < 0 ? text : text.substring(0, slash);
        IpAddress address = IpAddress.parse(addressText);
        if (address == null) {
            throw invalid(text);
        }
        // Of an IPv4 address within IPv6 the first 96 bits go without saying.
        int implied = address.isV4() && addressText.indexOf(':') >= 0 ? 96 : 0;
        int written = slash < 0 ? address.length() + implied : number(text.substring(slash + 1));
        if (written < implied || written > address.length() + implied) {
            throw invalid(text);
        }
        int prefixLength = written - implied;
        IpAddress first = address.first(prefixLength);
        if (!first.equals(address)) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "address range \"%s\" has bits set after the first %d; expected for example \"%s\" or \"%s\"",
                    text,
                    written,
                    new AddressRange(first, prefixLength),
                    address));
        }
        return new AddressRange(first, prefixLength);
    }

    private static int number(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return digits ? Integer.parseInt(text) : -1;
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("address range \"" + text + "\" is not an address or a block of addresses; "
                + "expected for example \"10.0.0.0/8\", \"192.0.2.1\" or \"2001:db8::/32\"");
    }

    /**
     * Tells whether an address is in this range.
     *
     * @param address an IPv4 or IPv6 address as text, the latter with or without brackets
     * @return whether it is; false for what is no address
     */
    public boolean contains(String address) {
        return contains(IpAddress.parse(address));
    }

    boolean contains(@Nullable IpAddress address) {
        return address != null
                && address.isV4() == first.isV4()
                && address.first(prefixLength).equals(first);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressRange range && range.prefixLength == prefixLength && range.first.equals(first);
    }

    @Override
    public int hashCode() {
        return 31 * first.hashCode() + prefixLength;
    }

    /** {@return a text that {@link #parse} reads} */
    @Override
    public String toString() {
        return prefixLength == first.length() ? first.toString() : first + "/" + prefixLength;
    }
}
