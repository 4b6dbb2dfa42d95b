package dev.puna.sample.grammar;

import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The inside of a JSON string, after its first quote. Its characters run through an automaton; bytes of UTF-8 and
 * escapes run through {@code at}, one number that holds the automaton's state and how much of a character is there.
 *
 * @param at see the constants
 * @param kept the text so far, where somebody wants it; else null
 * @param taken texts that must not come of it; only where it is kept
 * @param test what must be true of it beside; only where it is kept and read
 */
record TextFrame(Dfa dfa, Style style, long at, @Nullable String kept, Collection<String> taken, Predicate<String> test)
        implements Frame {
    /** The string has ended. */
    static final long CLOSED = -2;

    static final long DEAD = -1;

    // Bits of `at`: 0-23 the automaton's state; 24-47 the part of a character; 48-51 how many bytes or digits are
    // missing; 52-55 the mode; 56-63 nothing.
    private static final int PART = 24;
    private static final int MISSING = 48;
    private static final int MODE = 52;
    private static final long PLAIN = 0; // between characters
    private static final long UTF8 = 1; // inside one
    private static final long ESCAPE = 2; // after a backslash
    private static final long HEX = 3; // inside \\uXXXX
    private static final long HIGH = 4; // after an escaped high surrogate, still to be told from a lone one
    private static final long HIGH_ESCAPE = 5; // and a backslash
    private static final long HIGH_HEX = 6; // and inside \\uXXXX

    static TextFrame of(Dfa dfa, Style style) {
        return new TextFrame(dfa, style, 0, null, List.of(), Texts.PASSED);
    }

    static TextFrame keeping(Dfa dfa, Style style, Collection<String> taken) {
        return keeping(dfa, style, taken, Texts.PASSED);
    }

    static TextFrame keeping(Dfa dfa, Style style, Collection<String> taken, Predicate<String> test) {
        return new TextFrame(dfa, style, 0, "", taken, test);
    }

    @Override
    public void step(int b, @Nullable Stack below, Threads out) {
        long to = next(dfa, style, at, b);
        if (to == DEAD) {
            return;
        }
        if (kept == null) {
            if (to == CLOSED) {
                out.pop(below, dfa.label(state()));
            } else {
                out.add(new TextFrame(dfa, style, to, null, taken, test), below);
            }
            return;
        }
        String text = kept + added(b, to);
        if (to == CLOSED) {
            if (!taken.contains(text) && test.test(text)) {
                out.pop(below, text);
            }
        } else if (style == Style.ANY
                || to >>> MODE != PLAIN
                || taken.isEmpty()
                || dfa.hasOther((int) (to & 0xFFFFFF), text, taken)) {
            out.add(new TextFrame(dfa, style, to, text, taken, test), below);
        }
    }

    /** Whether the bytes alone say which tokens fit, but for the ends of texts that are taken. */
    boolean fast() {
        return kept == null || taken.isEmpty() || dfa.endless();
    }

    /** How many characters may come, whatever they are but for those that strings escape. */
    int free() {
        return at >>> MODE == PLAIN ? dfa.free(state()) : 0;
    }

    /** The kept text after these bytes, which must not end it. */
    String after(int[] bytes, int length) {
        var text = new StringBuilder(kept);
        TextFrame frame = this;
        for (int i = 0; i < length; i++) {
            long to = next(dfa, style, frame.at, bytes[i]);
            text.append(frame.added(bytes[i], to));
            frame = new TextFrame(dfa, style, to, kept, taken, test);
        }
        return text.toString();
    }

    private int state() {
        return (int) (at & 0xFFFFFF);
    }

    /** The characters that the step with {@code b} to {@code to} completed. */
    private String added(int b, long to) {
        long mode = at >>> MODE;
        long toMode = to == CLOSED ? PLAIN : to >>> MODE;
        int part = (int) (at >>> PART & 0xFFFFFF);
        return switch ((int) mode) {
            case (int) PLAIN -> to == CLOSED || toMode != PLAIN ? "" : Character.toString(b);
            case (int) UTF8 -> toMode == PLAIN ? Character.toString(part << 6 | b & 0x3F) : "";
            case (int) ESCAPE -> toMode == PLAIN ? Character.toString(escaped(b)) : "";
            case (int) HEX -> toMode == PLAIN ? Character.toString(part << 4 | digit(b)) : "";
            case (int) HIGH -> {
                String lone = Character.toString((char) part);
                yield toMode == HIGH_ESCAPE ? "" : to == CLOSED || toMode == UTF8 ? lone : lone + Character.toString(b);
            }
            case (int) HIGH_ESCAPE ->
                toMode == HIGH_HEX ? "" : Character.toString((char) part) + Character.toString(escaped(b));
            default -> { // HIGH_HEX: the part is the high surrogate's 10 bits above the digits so far
                int missing = (int) (at >>> MISSING & 0xF);
                if (missing > 1) {
                    yield "";
                }
                char high = (char) (0xD800 | part >>> 12 & 0x3FF);
                int low = (part & 0xFFF) << 4 | digit(b);
                if (Character.isLowSurrogate((char) low)) {
                    yield Character.toString(Character.toCodePoint(high, (char) low));
                }
                yield toMode == HIGH ? String.valueOf(high) : String.valueOf(high) + (char) low;
            }
        };
    }

    @Override
    public Frame alike(int horizon) {
        int state = dfa.alike(state(), horizon);
        boolean free = kept != null && taken.stream().noneMatch(one -> one.startsWith(kept));
        if (state == state() && !free) {
            return this;
        }
        // A text that cannot become a taken one any more is alike whatever it is.
        return new TextFrame(dfa, style, at & ~0xFFFFFFL | state, free ? "" : kept, free ? List.of() : taken, test);
    }

    /** Where {@code b} leads from {@code at}: {@link #CLOSED}, {@link #DEAD} or another number of the kind. */
    static long next(Dfa dfa, Style style, long at, int b) {
        int state = (int) (at & 0xFFFFFF);
        int part = (int) (at >>> PART & 0xFFFFFF);
        int missing = (int) (at >>> MISSING & 0xF);
        return switch ((int) (at >>> MODE)) {
            case (int) PLAIN -> plain(dfa, style, state, b);
            case (int) UTF8 -> {
                int more = Utf8Part.next(part, missing, b);
                if (more < 0) {
                    yield DEAD;
                }
                if (missing == 1) {
                    yield dfa.next(state, more);
                }
                yield dfa.any(state, Utf8Part.from(more, missing - 1, false), Utf8Part.to(more, missing - 1))
                        ? at(state, more, missing - 1, UTF8)
                        : DEAD;
            }
            case (int) ESCAPE -> {
                if (b == 'u') {
                    boolean can = style == Style.ANY || dfa.any(state, 0, 0x1F);
                    yield can ? at(state, 0, 4, HEX) : DEAD;
                }
                int c = escaped(b);
                yield c < 0 || c == '/' && style != Style.ANY ? DEAD : dfa.next(state, c);
            }
            case (int) HEX -> {
                int digit = digit(b);
                if (digit < 0) {
                    yield DEAD;
                }
                int got = part << 4 | digit;
                if (style != Style.ANY) { // control characters only, in small letters
                    if (missing > 2 && digit != 0 || missing == 2 && digit > 1 || b >= 'A' && b <= 'F') {
                        yield DEAD;
                    }
                    if (missing == 2 && !dfa.any(state, got << 4, got << 4 | 0xF)) {
                        yield DEAD;
                    }
                }
                if (missing > 1) {
                    yield at(state, got, missing - 1, HEX);
                }
                yield Character.isHighSurrogate((char) got) ? at(state, got, 0, HIGH) : dfa.next(state, got);
            }
            case (int) HIGH -> {
                if (b == '\\') {
                    yield at(state, part, 0, HIGH_ESCAPE);
                }
                int lone = dfa.next(state, part);
                yield lone < 0 ? DEAD : plain(dfa, style, lone, b);
            }
            case (int) HIGH_ESCAPE -> {
                if (b == 'u') {
                    yield at(state, (part & 0x3FF) << 12, 4, HIGH_HEX);
                }
                int lone = dfa.next(state, part);
                int c = escaped(b);
                yield lone < 0 || c < 0 ? DEAD : dfa.next(lone, c);
            }
            default -> {
                int digit = digit(b);
                if (digit < 0) {
                    yield DEAD;
                }
                if (missing > 1) {
                    yield at(state, part & ~0xFFF | ((part & 0xFFF) << 4 | digit), missing - 1, HIGH_HEX);
                }
                char high = (char) (0xD800 | part >>> 12 & 0x3FF);
                char low = (char) ((part & 0xFFF) << 4 | digit);
                if (Character.isLowSurrogate(low)) {
                    yield dfa.next(state, Character.toCodePoint(high, low));
                }
                int lone = dfa.next(state, high);
                yield lone < 0 ? DEAD : Character.isHighSurrogate(low) ? at(lone, low, 0, HIGH) : dfa.next(lone, low);
            }
        };
    }

    private static long plain(Dfa dfa, Style style, int state, int b) {
        if (b == '"') {
            return dfa.accepts(state) ? CLOSED : DEAD;
        }
        if (b == '\\') {
            boolean can = style == Style.ANY
                    || dfa.any(state, 0, 0x1F)
                    || dfa.next(state, '"') >= 0
                    || dfa.next(state, '\\') >= 0;
            return can ? at(state, 0, 0, ESCAPE) : DEAD;
        }
        if (b < 0x80) {
            return b < 0x20 ? DEAD : dfa.next(state, b);
        }
        int missing = Utf8Part.missing(b);
        if (missing < 0) {
            return DEAD;
        }
        int bits = Utf8Part.bits(b, missing);
        return dfa.any(state, Utf8Part.from(bits, missing, true), Utf8Part.to(bits, missing))
                ? at(state, bits, missing, UTF8)
                : DEAD;
    }

    private static long at(int state, int part, int missing, long mode) {
        return state | (long) part << PART | (long) missing << MISSING | mode << MODE;
    }

    private static int escaped(int b) {
        return switch (b) {
            case '"', '\\', '/' -> b;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> -1;
        };
    }

    private static int digit(int b) {
        return b < 0x80 ? Character.digit(b, 16) : -1;
    }
}
