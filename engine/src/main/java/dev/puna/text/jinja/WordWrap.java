package dev.puna.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The {@code wordwrap} filter: Python's {@code textwrap} on each line, with tabs and white space left alone. */
final class WordWrap {
    private final Str line;
    private final int width;
    private final boolean breakLongWords;
    private final boolean breakOnHyphens;
    private final Meter meter;

    private WordWrap(Str line, int width, boolean breakLongWords, boolean breakOnHyphens, Meter meter) {
        this.line = line;
        this.width = width;
        this.breakLongWords = breakLongWords;
        this.breakOnHyphens = breakOnHyphens;
        this.meter = meter;
    }

    static Value filter(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("wordwrap", "width?", "break_long_words?", "wrapstring?", "break_on_hyphens?");
        Meter meter = run.meter();
        Str text = switch (input) {
            case Str str -> str;
            case Undefined undefined -> throw undefined.fault();
            default -> throw Fault.type("'" + input.typeName() + "' object has no attribute 'splitlines'");
        };
        boolean breakLong = bound[1] == null || Operators.truth(bound[1]);
        boolean onHyphens = bound[3] == null || Operators.truth(bound[3]);
        Str newline =
                bound[2] == null || bound[2] == None.NONE ? Str.of("\n") : StringMethods.string(bound[2], "wrapstring");
        var out = new MarkedBuilder(meter);
        boolean first = true;
        for (Str line : StringEdits.lines(text, false, meter)) {
            if (!first) {
                out.append(newline);
            }
            first = false;
            long width = bound[0] == null ? 79 : StringMethods.integer(bound[0]).clamped();
            if (width <= 0) {
                throw Fault.value("invalid width " + width + " (must be > 0)");
            }
            int most = (int) Math.min(width, Integer.MAX_VALUE);
            var wrap = new WordWrap(line.plain(), most, breakLong, onHyphens, meter);
            boolean firstPiece = true;
            for (Str piece : wrap.pieces()) {
                if (!firstPiece) {
                    out.append(newline);
                }
                firstPiece = false;
                out.append(piece);
            }
        }
        return newline.like(out.build());
    }

    /** A stretch of the line. */
    private record Chunk(int from, int to) {}

    private List<Str> pieces() {
        Deque<Chunk> chunks = chunks();
        var pieces = new ArrayList<Str>();
        while (!chunks.isEmpty()) {
            if (isBlank(chunks.peek()) && !pieces.isEmpty()) {
                chunks.pop();
            }
            var current = new ArrayDeque<Chunk>();
            int length = 0;
            while (!chunks.isEmpty() && length + size(chunks.peek()) <= width) {
                length += size(chunks.peek());
                current.add(chunks.pop());
            }
            if (!chunks.isEmpty() && size(chunks.peek()) > width) {
                if (breakLongWords) {
                    Chunk part = head(chunks.peek(), width - length);
                    Chunk whole = chunks.pop();
                    current.add(part); // even if nothing of it fits: the blank before it then stays
                    chunks.push(new Chunk(part.to, whole.to));
                } else if (current.isEmpty()) {
                    current.add(chunks.pop());
                }
            }
            if (!current.isEmpty() && isBlank(current.peekLast())) {
                current.removeLast();
            }
            if (!current.isEmpty()) {
                pieces.add(line.slice(current.peekFirst().from, current.peekLast().to, meter));
            }
        }
        return pieces;
    }

    private int size(Chunk chunk) {
        return line.text().codePointCount(chunk.from, chunk.to);
    }

    private boolean isBlank(Chunk chunk) {
        for (int i = chunk.from; i < chunk.to; i++) {
            if (!Chars.isSpace(line.text().charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** What fits of a word that is too long: up to a hyphen where there is one. */
    private Chunk head(Chunk chunk, int space) {
        String text = line.text();
        int end = text.offsetByCodePoints(chunk.from, Math.min(space, size(chunk)));
        if (breakOnHyphens && size(chunk) > space) {
            int hyphen = text.lastIndexOf('-', end - 1);
            boolean lettersBefore = hyphen > chunk.from
                    && text.substring(chunk.from, hyphen).chars().anyMatch(c -> c != '-');
            if (lettersBefore) {
                end = hyphen + 1;
            }
        }
        return new Chunk(chunk.from, end);
    }

    /** The line in words, blanks and dashes: nothing is lost. */
    private Deque<Chunk> chunks() {
        String text = line.text();
        var chunks = new ArrayDeque<Chunk>();
        int at = 0;
        while (at < text.length()) {
            meter.step();
            int end = at;
            if (isBlankChar(text, at)) {
                while (end < text.length() && isBlankChar(text, end)) {
                    end++;
                }
            } else if (!breakOnHyphens) {
                while (end < text.length() && !isBlankChar(text, end)) {
                    end++;
                }
            } else {
                end = wordEnd(text, at);
            }
            chunks.add(new Chunk(at, end));
            at = end;
        }
        return chunks;
    }

    private static boolean isBlankChar(String text, int at) {
        return "\t\n\u000b\f\r ".indexOf(text.charAt(at)) >= 0;
    }

    private static int wordEnd(String text, int start) {
        int dashes = dashesEnd(text, start);
        if (dashes > 0 && start > 0 && isWordPunctuation(text, start - 1)) {
            return dashes;
        }
        for (int at = start + 1; at < text.length(); at++) {
            if (isBlankChar(text, at) || hyphenBreaks(text, start, at)) {
                return at;
            }
            if (dashesEnd(text, at) > 0 && isWordPunctuation(text, at - 1)) {
                return at;
            }
        }
        return text.length();
    }

    /** Behind two or more dashes that start here and are followed by a word; or -1. */
    private static int dashesEnd(String text, int at) {
        int end = at;
        while (end < text.length() && text.charAt(end) == '-') {
            end++;
        }
        return end - at >= 2 && end < text.length() && Chars.isWordOnly(text.codePointAt(end)) ? end : -1;
    }

    /** Whether a word may break here, right behind a hyphen between letters. */
    private static boolean hyphenBreaks(String text, int start, int at) {
        int hyphen = at - 1;
        if (hyphen <= start || text.charAt(hyphen) != '-') {
            return false;
        }
        boolean before = isLetter(text, hyphen - 1)
                && (isLetter(text, hyphen - 2)
                        || hyphen >= 3 && text.charAt(hyphen - 2) == '-' && isLetter(text, hyphen - 3));
        boolean after = isLetter(text, at)
                && (isLetter(text, at + 1)
                        || at + 2 < text.length() && text.charAt(at + 1) == '-' && isLetter(text, at + 2));
        return before && after;
    }

    private static boolean isLetter(String text, int at) {
        return at >= 0 && at < text.length() && Chars.isWordOnly(text.charAt(at)) && !Chars.isDecimal(text.charAt(at));
    }

    private static boolean isWordPunctuation(String text, int at) {
        return Chars.isWordOnly(text.charAt(at)) || "!\"'&.,?".indexOf(text.charAt(at)) >= 0;
    }
}
