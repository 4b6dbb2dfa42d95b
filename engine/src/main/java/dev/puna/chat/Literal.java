package dev.puna.chat;

import dev.puna.file.Json;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one value, spelt as JSON or as Python spells it, a character at a time, and writes it as compact JSON while it
 * comes: {@code {'a': (1, None)}} becomes {@code {"a":[1,null]}}. What models write is read as it is meant: line breaks
 * in strings, {@code \'}, a comma before a closing bracket. What cannot be meant is refused: a key twice, a number
 * without end, nesting deeper than {@link #DEEPEST}.
 */
final class Literal {
    /** Brackets inside one another. */
    static final int DEEPEST = 64;

    /** What has become of the value with the last character. */
    enum Step {
        /** It goes on. */
        MORE,
        /** It ended with that character. */
        DONE,
        /** It ended before that character, which was not taken. */
        DONE_BEFORE,
        /** This is no value. */
        BAD
    }

    private enum State {
        VALUE,
        FIRST,
        NEXT,
        COLON,
        AFTER,
        WORD,
        STRING,
        ESCAPE,
        HEX,
        QUOTES
    }

    private static final Pattern NUMBER = Pattern.compile("([+-]?)(\\d[\\d_]*)?(?:\\.(\\d*))?([eE][+-]?\\d+)?");

    private final StringBuilder out;
    private final Deque<Level> open = new ArrayDeque<>();
    private final StringBuilder word = new StringBuilder();
    private State state = State.VALUE;
    private char quote;
    private boolean triple;
    private int quotes;
    private int hexLeft;
    private int hex;
    private char high;
    private int stringStart;

    /** An open bracket. */
    private static final class Level {
        final char close;
        final @Nullable Set<String> keys;
        boolean empty = true;
        boolean key;

        Level(char close) {
            this.close = close;
            keys = close == '}' ? new HashSet<>() : null;
        }
    }

    /** @param out where the JSON is appended, whole characters only; what has been written must stay there */
    Literal(StringBuilder out) {
        this.out = out;
    }

    Step accept(char c) {
        return switch (state) {
            case VALUE -> Character.isWhitespace(c) ? Step.MORE : begin(c);
            case FIRST, NEXT -> element(c);
            case COLON -> {
                if (c == ':') {
                    out.append(':');
                    state = State.VALUE;
                }
                yield c == ':' || Character.isWhitespace(c) ? Step.MORE : Step.BAD;
            }
            case AFTER -> after(c);
            case WORD -> word(c);
            case STRING, ESCAPE, HEX, QUOTES -> string(c);
        };
    }

    /** The text is over: whether the value was whole, as a number may be that nothing follows. */
    boolean finish() {
        return open.isEmpty() && (state == State.WORD || (state == State.QUOTES && quotes == 2)) && endWord();
    }

    private Step begin(char c) {
        switch (c) {
            case '{', '[', '(' -> {
                if (open.size() == DEEPEST) {
                    return Step.BAD;
                }
                out.append(c == '{' ? '{' : '[');
                open.push(new Level(c == '{' ? '}' : c == '[' ? ']' : ')'));
                state = State.FIRST;
            }
            case '"', '\'' -> {
                quote = c;
                triple = false;
                quotes = 1;
                stringStart = out.length();
                out.append('"');
                state = State.QUOTES;
            }
            default -> {
                if (!isWord(c)) {
                    return Step.BAD;
                }
                word.setLength(0);
                word.append(c);
                state = State.WORD;
            }
        }
        return Step.MORE;
    }

    /** Before an element: its first character, white space, or the closing bracket. */
    private Step element(char c) {
        Level level = open.element();
        if (Character.isWhitespace(c)) {
            return Step.MORE;
        }
        if (c == level.close) {
            return close();
        }
        if (!level.empty) {
            out.append(',');
        }
        level.empty = false;
        level.key = level.keys != null;
        if (level.key && c != '"' && c != '\'') {
            return Step.BAD;
        }
        return begin(c);
    }

    private Step close() {
        out.append(open.pop().close == '}' ? '}' : ']');
        return ended();
    }

    /** A value is whole. */
    private Step ended() {
        if (open.isEmpty()) {
            return Step.DONE;
        }
        Level level = open.element();
        if (level.key) {
            level.key = false;
            if (level.keys != null && !level.keys.add(out.substring(stringStart))) {
                return Step.BAD;
            }
            state = State.COLON;
        } else {
            state = State.AFTER;
        }
        return Step.MORE;
    }

    private Step after(char c) {
        if (c == ',') {
            state = State.NEXT;
            return Step.MORE;
        }
        if (Character.isWhitespace(c)) {
            return Step.MORE;
        }
        return c == open.element().close ? close() : Step.BAD;
    }

    private static boolean isWord(char c) {
        return (c < 128 && Character.isLetterOrDigit(c)) || c == '-' || c == '+' || c == '.' || c == '_';
    }

    private Step word(char c) {
        if (isWord(c)) {
            word.append(c);
            return word.length() <= Json.MAX_NUMBER ? Step.MORE : Step.BAD;
        }
        if (!endWord()) {
            return Step.BAD;
        }
        Step step = ended();
        return step == Step.DONE ? Step.DONE_BEFORE : step == Step.BAD ? step : accept(c);
    }

    private boolean endWord() {
        if (state == State.QUOTES) {
            out.append('"');
            return true;
        }
        switch (word.toString()) {
            case "true", "True" -> out.append("true");
            case "false", "False" -> out.append("false");
            case "null", "None" -> out.append("null");
            default -> {
                Matcher number = NUMBER.matcher(word);
                if (!number.matches()) {
                    return false;
                }
                String whole = number.group(2) == null ? "" : number.group(2);
                String part = number.group(3) == null ? "" : number.group(3);
                if ((whole.isEmpty() && part.isEmpty()) || whole.endsWith("_")) {
                    return false;
                }
                String digits = whole.replace("_", "").replaceFirst("^0+(?=\\d)", "");
                out.append(number.group(1).equals("-") ? "-" : "").append(digits.isEmpty() ? "0" : digits);
                if (number.group(3) != null) {
                    out.append('.').append(part.isEmpty() ? "0" : part);
                }
                out.append(number.group(4) == null ? "" : number.group(4));
            }
        }
        return true;
    }

    private Step string(char c) {
        switch (state) {
            case QUOTES -> {
                return quotes(c);
            }
            case HEX -> {
                int digit = Character.digit(c, 16);
                if (digit < 0) {
                    return Step.BAD;
                }
                hex = hex << 4 | digit;
                if (--hexLeft == 0) {
                    if (!Character.isValidCodePoint(hex)) {
                        return Step.BAD;
                    }
                    for (char unit : Character.toChars(hex)) {
                        write(unit);
                    }
                    state = State.STRING;
                }
            }
            case ESCAPE -> {
                state = State.STRING;
                switch (c) {
                    case 'n' -> write('\n');
                    case 't' -> write('\t');
                    case 'r' -> write('\r');
                    case 'b' -> write('\b');
                    case 'f' -> write('\f');
                    case '\\', '"', '\'', '/' -> write(c);
                    case '\n' -> {}
                    case 'u', 'x', 'U' -> {
                        state = State.HEX;
                        hexLeft = c == 'u' ? 4 : c == 'x' ? 2 : 8;
                        hex = 0;
                    }
                    default -> { // as Python: no escape at all
                        write('\\');
                        write(c);
                    }
                }
            }
            default -> {
                if (c == '\\') {
                    state = State.ESCAPE;
                } else if (c != quote) {
                    write(c);
                } else if (triple) {
                    quotes = 1;
                    state = State.QUOTES;
                } else {
                    return endString();
                }
            }
        }
        return Step.MORE;
    }

    /** After one quote or two: at the beginning of a string, or perhaps at the end of one that has three of them. */
    private Step quotes(char c) {
        boolean beginning = !triple;
        if (c == quote && ++quotes == 3) {
            triple = beginning;
            state = State.STRING;
            return beginning ? Step.MORE : endString();
        }
        if (c == quote) {
            return Step.MORE;
        }
        if (beginning && quotes == 2) { // an empty string, and something after it
            Step step = endString();
            return step == Step.DONE ? Step.DONE_BEFORE : step == Step.BAD ? step : accept(c);
        }
        for (int i = 0; !beginning && i < quotes; i++) {
            write(quote);
        }
        state = State.STRING;
        return string(c);
    }

    private Step endString() {
        flushHigh();
        out.append('"');
        return ended();
    }

    /** A character of a string; half a character waits for its other half. */
    private void write(char c) {
        if (high != 0 && Character.isLowSurrogate(c)) {
            out.append(high).append(c);
            high = 0;
            return;
        }
        flushHigh();
        if (Character.isHighSurrogate(c)) {
            high = c;
            return;
        }
        String quoted = Json.write(String.valueOf(c));
        out.append(quoted, 1, quoted.length() - 1);
    }

    private void flushHigh() {
        if (high != 0) {
            out.append("\\u%04x".formatted((int) high));
            high = 0;
        }
    }
}
