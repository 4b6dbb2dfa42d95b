package dev.puna.text.jinja;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens, as Jinja does with {@code trim_blocks} and {@code lstrip_blocks} on: the newline behind a
 * block tag goes, and so do the blanks before a block tag that begins its line. A minus sign inside a delimiter strips
 * all white space on its side, a plus sign keeps what would have been stripped. One newline at the end of the source
 * goes.
 */
final class Lexer {
    private static final String[] OPERATORS = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";"
    };

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private final Deque<Character> open = new ArrayDeque<>();
    private int at;
    private int line = 1;
    private int counted; // newlines before this offset are in `line`
    private boolean atLineStart = true; // the last piece of source ended with a newline

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String source, Limits limits) {
        if (source.length() > limits.sourceChars()) {
            throw Fault.limit("a template of more than " + limits.sourceChars() + " characters");
        }
        String lines = normalized(source);
        var lexer = new Lexer(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
        lexer.root();
        return lexer.tokens;
    }

    private static String normalized(String text) {
        return text.indexOf('\r') < 0 ? text : text.replace("\r\n", "\n").replace('\r', '\n');
    }

    private void add(Token.Kind kind, String text, Value value) {
        tokens.add(new Token(kind, text, value, lineAt(at)));
    }

    /** The line of an offset; offsets are asked for in rising order. */
    private int lineAt(int offset) {
        for (; counted < offset; counted++) {
            if (source.charAt(counted) == '\n') {
                line++;
            }
        }
        return line;
    }

    private Fault fault(String what) {
        return Fault.syntax(what, lineAt(Math.min(at, source.length())));
    }

    /** Template text up to the next tag, then the tag, over and over. */
    private void root() {
        while (at < source.length()) {
            int tag = nextTag(at);
            if (tag < 0) {
                data(source.substring(at), at);
                break;
            }
            int raw = rawTagEnd(tag);
            char sign = signAt(tag + 2);
            char kind = source.charAt(tag + 1);
            data(stripped(source.substring(at, tag), sign, kind == '{' && raw < 0), at);
            at = tag;
            if (raw >= 0) {
                moveTo(raw);
                raw();
                continue;
            }
            if (kind == '#') {
                moveTo(tag + (sign == 0 ? 2 : 3));
                comment();
                continue;
            }
            boolean print = kind == '{';
            add(print ? Token.Kind.VARIABLE_BEGIN : Token.Kind.BLOCK_BEGIN, "", null);
            moveTo(tag + (sign == 0 ? 2 : 3));
            code(print);
        }
        at = source.length();
        add(Token.Kind.END, "", null);
    }

    private void moveTo(int offset) {
        atLineStart = source.charAt(offset - 1) == '\n';
        at = offset;
    }

    private void data(String text, int offset) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Token.Kind.DATA, text, null, lineAt(offset)));
        }
    }

    private int nextTag(int from) {
        for (int brace = source.indexOf('{', from); brace >= 0; brace = source.indexOf('{', brace + 1)) {
            if (brace + 1 < source.length() && "{%#".indexOf(source.charAt(brace + 1)) >= 0) {
                return brace;
            }
        }
        return -1;
    }

    private char signAt(int offset) {
        char sign = offset < source.length() ? source.charAt(offset) : 0;
        return sign == '-' || sign == '+' ? sign : 0;
    }

    /** The text before a tag, without what the tag's sign or {@code lstrip_blocks} takes away. */
    private String stripped(String text, char sign, boolean print) {
        if (sign == '-') {
            return Chars.stripEnd(text);
        }
        if (sign == '+' || print) {
            return text;
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean beginsLine = lineStart > 0 || atLineStart;
        return beginsLine && Chars.skipSpace(text, lineStart) == text.length() ? text.substring(0, lineStart) : text;
    }

    /** Behind a {@code {% raw %}} tag that starts here, or -1. */
    private int rawTagEnd(int tag) {
        if (source.charAt(tag + 1) != '%') {
            return -1;
        }
        int word = Chars.skipSpace(source, tag + (signAt(tag + 2) == 0 ? 2 : 3));
        if (!source.startsWith("raw", word)) {
            return -1;
        }
        int end = Chars.skipSpace(source, word + 3);
        if (source.startsWith("-%}", end)) {
            return Chars.skipSpace(source, end + 3);
        }
        return source.startsWith("%}", end) ? end + 2 : -1;
    }

    private void raw() {
        if (at >= source.length()) {
            return;
        }
        for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 1)) {
            char sign = signAt(tag + 2);
            int word = Chars.skipSpace(source, tag + (sign == 0 ? 2 : 3));
            if (source.startsWith("endraw", word)) {
                int end = blockEnd(Chars.skipSpace(source, word + 6), "%}");
                if (end >= 0) {
                    data(stripped(source.substring(at, tag), sign, false), at);
                    moveTo(end);
                    return;
                }
            }
        }
        throw fault("Missing end of raw directive");
    }

    private void comment() {
        if (at >= source.length()) {
            return;
        }
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw fault("Missing end of comment tag");
        }
        // A sign before the end belongs to it.
        moveTo(blockEnd(end > at && signAt(end - 1) != 0 ? end - 1 : end, "#}"));
    }

    /** Behind the end of a block or comment that stands here (with its sign and what it strips), or -1. */
    private int blockEnd(int offset, String end) {
        if (source.startsWith("+" + end, offset)) {
            return offset + 3;
        }
        if (source.startsWith("-" + end, offset)) {
            return Chars.skipSpace(source, offset + 3);
        }
        if (!source.startsWith(end, offset)) {
            return -1;
        }
        return source.startsWith("\n", offset + 2) ? offset + 3 : offset + 2;
    }

    /** Behind the end of a print tag that stands here, or -1. */
    private int printEnd(int offset) {
        if (source.startsWith("-}}", offset)) {
            return Chars.skipSpace(source, offset + 3);
        }
        return source.startsWith("}}", offset) ? offset + 2 : -1;
    }

    /** The tokens inside a tag, up to its end. */
    private void code(boolean print) {
        open.clear();
        while (at < source.length()) {
            if (open.isEmpty()) {
                int end = print ? printEnd(at) : blockEnd(at, "%}");
                if (end >= 0) {
                    add(print ? Token.Kind.VARIABLE_END : Token.Kind.BLOCK_END, "", null);
                    moveTo(end);
                    return;
                }
            }
            int point = source.codePointAt(at);
            if (Chars.isSpace(point)) {
                moveTo(Chars.skipSpace(source, at));
            } else if (Chars.isDecimal(point)) {
                number();
            } else if (Chars.isWord(point)) {
                name();
            } else if (point == '\'' || point == '"') {
                string((char) point);
            } else {
                operator();
            }
        }
    }

    private int digits(int from, int radix) {
        int end = from;
        while (end < source.length()) {
            int digit = end;
            if (source.charAt(end) == '_' && end > from && end + 1 < source.length()) {
                digit++;
            }
            int point = source.codePointAt(digit);
            if (radix == 10 ? !Chars.isDecimal(point) : point > 127 || Character.digit(point, radix) < 0) {
                break;
            }
            end = digit + Character.charCount(point);
        }
        return end;
    }

    private void number() {
        boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
        int end = digits(at, 10);
        if (!afterDot) {
            int whole = end;
            if (end + 1 < source.length() && source.charAt(end) == '.' && digits(end + 1, 10) > end + 1) {
                end = digits(end + 1, 10);
            }
            if (end < source.length() && (source.charAt(end) | 0x20) == 'e') {
                int exponent = end + 1;
                if (signAt(exponent) != 0) {
                    exponent++;
                }
                if (digits(exponent, 10) > exponent) {
                    end = digits(exponent, 10);
                }
            }
            if (end > whole) {
                String text = source.substring(at, end);
                add(Token.Kind.FLOAT, text, new Real(Double.parseDouble(Chars.asciiDigits(text))));
                moveTo(end);
                return;
            }
        }
        integer(end);
    }

    private void integer(int decimalEnd) {
        int radix = 10;
        int end = decimalEnd;
        String text = source.substring(at, end);
        if (source.charAt(at) == '0') {
            int prefixed = at + 2;
            radix = prefixed >= source.length()
                    ? 10
                    : switch (source.charAt(at + 1) | 0x20) {
                        case 'x' -> 16;
                        case 'o' -> 8;
                        case 'b' -> 2;
                        default -> 10;
                    };
            int first = radix != 10 && source.charAt(prefixed) == '_' ? prefixed + 1 : prefixed;
            if (radix != 10 && first < source.length() && digits(first, radix) > first) {
                end = digits(first, radix);
                text = source.substring(first, end);
            } else {
                // A zero stands alone: only more zeros belong to it.
                radix = 10;
                end = at + 1;
                while (end < source.length()
                        && (source.charAt(end) == '0'
                                || source.charAt(end) == '_'
                                        && end + 1 < source.length()
                                        && source.charAt(end + 1) == '0')) {
                    end++;
                }
                text = "0";
            }
        } else if (source.charAt(at) > '9') {
            throw fault("Invalid character in identifier");
        }
        String digits = Chars.asciiDigits(text);
        if (digits.length() > 4300) {
            throw fault("an integer of more than 4300 digits");
        }
        add(Token.Kind.INTEGER, digits, Int.of(new BigInteger(digits, radix)));
        moveTo(end);
    }

    private void name() {
        int end = at;
        while (end < source.length() && Chars.isWord(source.codePointAt(end))) {
            end += Character.charCount(source.codePointAt(end));
        }
        String name = source.substring(at, end);
        if (!Chars.isIdentifier(name)) {
            throw fault("Invalid character in identifier");
        }
        add(Token.Kind.NAME, name, null);
        moveTo(end);
    }

    private void string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw fault("unexpected char " + Repr.quoted(String.valueOf(quote)) + " at " + at);
        }
        String text = unescaped(source.substring(at + 1, end));
        add(Token.Kind.STRING, text, Str.of(text));
        moveTo(end + 1);
    }

    private String unescaped(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escape = text.charAt(++i); // a literal never ends in a single backslash
            switch (escape) {
                case '\n' -> {}
                case '\\', '\'', '"' -> out.append(escape);
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'v' -> out.append('\u000b');
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    int end = i + 1;
                    while (end < text.length() && end < i + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                        end++;
                    }
                    out.append((char) Integer.parseInt(text.substring(i, end), 8));
                    i = end - 1;
                }
                case 'x' -> i = hex(text, i, 2, "\\xXX", out);
                case 'u' -> i = hex(text, i, 4, "\\uXXXX", out);
                case 'U' -> i = hex(text, i, 8, "\\UXXXXXXXX", out);
                case 'N' -> {
                    int end = text.indexOf('}', i);
                    if (i + 1 >= text.length() || text.charAt(i + 1) != '{' || end < 0) {
                        throw fault("malformed \\N character escape");
                    }
                    try {
                        out.appendCodePoint(Character.codePointOf(text.substring(i + 2, end)));
                    } catch (IllegalArgumentException _) {
                        throw fault("unknown Unicode character name");
                    }
                    i = end;
                }
                default -> {
                    out.append('\\');
                    if (escape < 128) {
                        out.append(escape);
                    } else {
                        // Python spells the character as an escape first, and the backslash before it undoes that.
                        int point = text.codePointAt(i);
                        out.append(Repr.escape(point).substring(1));
                        i += Character.charCount(point) - 1;
                    }
                }
            }
        }
        return out.toString();
    }

    private int hex(String text, int at, int digits, String shown, StringBuilder out) {
        int end = at + 1;
        int value = 0;
        while (end < text.length()
                && end <= at + digits
                && text.charAt(end) < 128
                && Character.digit(text.charAt(end), 16) >= 0) {
            value = value * 16 + Character.digit(text.charAt(end++), 16);
        }
        if (end != at + 1 + digits) {
            throw fault("truncated " + shown + " escape");
        }
        if (!Character.isValidCodePoint(value)) {
            throw fault("illegal Unicode character");
        }
        out.appendCodePoint(value);
        return end - 1;
    }

    private void operator() {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                balance(operator.charAt(0));
                add(Token.Kind.OPERATOR, operator, null);
                moveTo(at + operator.length());
                return;
            }
        }
        throw fault("unexpected char " + Repr.quoted(Character.toString(source.codePointAt(at))) + " at " + at);
    }

    private void balance(char operator) {
        switch (operator) {
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '{' -> open.push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty()) {
                    throw fault("unexpected '" + operator + "'");
                }
                char expected = open.pop();
                if (expected != operator) {
                    throw fault("unexpected '" + operator + "', expected '" + expected + "'");
                }
            }
            default -> {}
        }
    }
}
