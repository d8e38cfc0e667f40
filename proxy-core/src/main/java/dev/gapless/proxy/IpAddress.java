package dev.gapless.proxy;

import org.jspecify.annotations.Nullable;

/**
 * An IP address as bits, read from text alone: names are never looked up. An IPv4 address within IPv6 ({@code
 * ::ffff:192.0.2.1}, RFC 4291, section 2.5.5.2) is the IPv4 address.
 *
 * @param isV4 whether it is an IPv4 address, whose 32 bits are then the lowest ones
 * @param high the upper 64 bits of an IPv6 address
 * @param low the lower 64 bits
 */
record IpAddress(boolean isV4, long high, long low) {
    private static final int GROUPS = 8;

    /** {@return the address, or null if the text is none} Brackets around it and a scope id are ignored. */
    static @Nullable IpAddress parse(String text) {
        if (text.indexOf(':') < 0) {
            long bits = v4(text, 0);
            return bits < 0 ? null : new IpAddress(true, 0, bits);
        }
        boolean brackets = text.startsWith("[") && text.endsWith("]");
        String bare = brackets ? text.substring(1, text.length() - 1) : text;
        int scope = bare.indexOf('%');
        return v6(scope < 0 ? bare : bare.substring(0, scope));
    }

    /** {@return the 32 bits of the dotted address from the index to the end of the text, or -1 if there is none} */
    private static long v4(String text, int begin) {
        long bits = 0;
        int octets = 0;
        int i = begin;
        while (octets < 4) {
            int end = octets == 3 ? text.length() : text.indexOf('.', i);
            int octet = end < 0 ? -1 : octet(text, i, end);
            if (octet < 0) {
                return -1;
            }
            bits = (bits << 8) | octet;
            octets++;
            i = end + 1;
        }
        return bits;
    }

    /** A leading zero is refused, as some would read the octet as octal. */
    private static int octet(String text, int begin, int end) {
        int length = end - begin;
        if (length < 1 || length > 3 || (length > 1 && text.charAt(begin) == '0')) {
            return -1;
        }
        int octet = number(text, begin, end, 10);
        return octet > 255 ? -1 : octet;
    }

    private static int number(String text, int begin, int end, int radix) {
        int number = 0;
        for (int i = begin; i < end; i++) {
            char c = text.charAt(i);
            int digit = c < 0x80 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return -1;
            }
            number = number * radix + digit;
        }
        return number;
    }

    private static @Nullable IpAddress v6(String text) {
        int[] groups = new int[GROUPS];
        int count = 0;
        int gap = text.startsWith("::") ? 0 : -1;
        int i = gap == 0 ? 2 : 0;
        while (i < text.length()) {
            int colon = text.indexOf(':', i);
            int end = colon < 0 ? text.length() : colon;
            boolean dotted = colon < 0 && text.indexOf('.', i) >= 0;
            long bits = dotted ? v4(text, i) : group(text, i, end);
            if (bits < 0 || count + (dotted ? 2 : 1) > GROUPS || colon == text.length() - 1) {
                return null;
            }
            if (dotted) {
                groups[count++] = (int) (bits >>> 16);
            }
            groups[count++] = (int) bits & 0xFFFF;
            i = end + 1;
            if (text.startsWith("::", end)) {
                if (gap >= 0) {
                    return null;
                }
                gap = count;
                i++;
            }
        }
        boolean whole = gap < 0 ? count == GROUPS : count < GROUPS;
        return whole ? ofGroups(groups, gap < 0 ? count : gap, count) : null;
    }

    private static int group(String text, int begin, int end) {
        int length = end - begin;
        return length < 1 || length > 4 ? -1 : number(text, begin, end, 16);
    }

    /** The groups before the gap begin the address, those after it end it. */
    private static IpAddress ofGroups(int[] groups, int gap, int count) {
        long[] halves = new long[2];
        for (int i = 0; i < count; i++) {
            int place = i < gap ? i : GROUPS - count + i;
            halves[place / 4] |= (long) groups[i] << (48 - 16 * (place % 4));
        }
        boolean mapped = halves[0] == 0 && halves[1] >>> 32 == 0xFFFF;
        return mapped ? new IpAddress(true, 0, halves[1] & 0xFFFF_FFFFL) : new IpAddress(false, halves[0], halves[1]);
    }

    /** {@return how many bits such an address has} */
    int length() {
        return isV4 ? 32 : 128;
    }

    /** {@return the address with all but its first bits zero} */
    IpAddress first(int bits) {
        if (isV4) {
            return new IpAddress(true, 0, low & mask(bits + 32));
        }
        return new IpAddress(false, high & mask(bits), low & mask(bits - 64));
    }

    /** {@return a long of which so many bits from the left are set} */
    private static long mask(int bits) {
        if (bits <= 0) {
            return 0;
        }
        return bits >= 64 ? -1 : -1L << (64 - bits);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(isV4 ? 15 : 39);
        for (int i = 0; i < (isV4 ? 4 : GROUPS); i++) {
            if (isV4) {
                text.append(i == 0 ? "" : ".").append((low >>> (24 - 8 * i)) & 0xFF);
            } else {
                long half = i < 4 ? high : low;
                text.append(i == 0 ? "" : ":").append(Long.toHexString((half >>> (48 - 16 * (i % 4))) & 0xFFFF));
            }
        }
        return text.toString();
    }
}
