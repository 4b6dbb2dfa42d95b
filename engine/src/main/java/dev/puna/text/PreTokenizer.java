package dev.puna.text;

import java.util.List;

/**
 * Cuts a text into the pieces within which merging happens: a list of steps, each of which cuts the pieces of the one
 * before.
 *
 * @param steps in order; none leaves the text whole
 * @param spelt whether the pieces come out written in the byte alphabet
 */
record PreTokenizer(List<Step> steps, boolean spelt) {
    static final PreTokenizer NONE = new PreTokenizer(List.of(), false);

    PreTokenizer {
        steps = List.copyOf(steps);
    }

    /** Takes pieces, from left to right. */
    interface Sink {
        /** @param first whether the piece begins where the whole text begins */
        void accept(String text, int from, int to, boolean first);
    }

    /** One rule. */
    interface Step {
        void split(String text, int from, int to, boolean first, Sink sink);
    }

    /** The same rules with {@code last} behind them: what cuts a text for good. */
    Sink into(Sink last) {
        Sink sink = last;
        for (Step step : steps.reversed()) {
            Sink next = sink;
            sink = (text, from, to, first) -> {
                if (from < to) {
                    step.split(text, from, to, first, next);
                }
            };
        }
        return sink;
    }

    /** What becomes of the matches of a pattern that cuts; the rest of the text is pieces as well. */
    enum Cut {
        /** Each match is a piece. */
        ISOLATED,
        /** Matches vanish. */
        REMOVED,
        /** A match ends the piece before it. */
        MERGED_WITH_PREVIOUS,
        /** A match begins the piece after it. */
        MERGED_WITH_NEXT,
        /** Neighbouring matches are one piece. */
        CONTIGUOUS
    }

    /**
     * Cuts by a pattern.
     *
     * @param inverted whether what the pattern does not match counts as its matches
     */
    static Step cut(TextPattern pattern, Cut cut, boolean inverted) {
        return (text, from, to, first, sink) -> {
            var pieces = new Pieces(text, from, first, cut, sink);
            int done = from;
            TextPattern.Search search = pattern.in(text, from, to);
            long span = search.find(from);
            while (span != TextPattern.NONE) {
                int start = TextPattern.start(span);
                int end = TextPattern.end(span);
                if (start > done) {
                    pieces.add(done, start, inverted);
                }
                pieces.add(start, end, !inverted);
                done = end;
                int next = end > start ? end : end + 1;
                span = next > to ? TextPattern.NONE : search.find(next);
            }
            if (done < to) {
                pieces.add(done, to, inverted);
            }
            pieces.finish();
        };
    }

    /** Joins matches and the parts between them as a {@link Cut} says. */
    private static final class Pieces {
        private final String text;
        private final int origin;
        private final boolean first;
        private final Cut cut;
        private final Sink sink;
        private int from;
        private int to;
        private boolean held;
        private boolean wasMatch;

        Pieces(String text, int origin, boolean first, Cut cut, Sink sink) {
            this.text = text;
            this.origin = origin;
            this.first = first;
            this.cut = cut;
            this.sink = sink;
            from = origin;
            to = origin;
        }

        void add(int start, int end, boolean match) {
            boolean joins = switch (cut) {
                case ISOLATED, REMOVED -> false;
                case MERGED_WITH_PREVIOUS -> match && !wasMatch && held;
                case MERGED_WITH_NEXT -> wasMatch && !match;
                case CONTIGUOUS -> held && match == wasMatch;
            };
            if (!joins) {
                finish();
                from = start;
                held = !(match && cut == Cut.REMOVED);
            }
            to = end;
            wasMatch = match;
        }

        void finish() {
            if (held && from < to) {
                sink.accept(text, from, to, first && from == origin);
            }
            held = false;
        }
    }

    /** Hugging Face's Metaspace: spaces become a mark, and a mark may go before the text. */
    enum Prefix {
        ALWAYS,
        FIRST,
        NEVER
    }

    /** @param split whether the text is cut before each mark */
    static Step spaces(String mark, Prefix prefix, boolean split) {
        TextPattern marks = TextPattern.string(mark);
        Step cut = cut(marks, Cut.MERGED_WITH_NEXT, false);
        return (text, from, to, first, sink) -> {
            String marked = text.substring(from, to).replace(" ", mark);
            boolean prefixed = prefix == Prefix.ALWAYS || prefix == Prefix.FIRST && first;
            if (prefixed && !marked.startsWith(mark)) {
                marked = mark + marked;
            }
            if (split) {
                cut.split(marked, 0, marked.length(), first, sink);
            } else {
                sink.accept(marked, 0, marked.length(), first);
            }
        };
    }

    /**
     * The byte level: a space before the text where none is, GPT-2's words, and the byte alphabet.
     *
     * @param spell whether the pieces are written in the byte alphabet here, because later rules look at them
     */
    static Step byteLevel(boolean prefix, boolean words, boolean spell) {
        Step cut = cut(Words.GPT2, Cut.ISOLATED, false);
        return (text, from, to, first, sink) -> {
            Sink next = spell ? spelling(sink) : sink;
            Sink last = words ? (t, f, e, isFirst) -> cut.split(t, f, e, isFirst, next) : next;
            if (prefix && text.charAt(from) != ' ') {
                String prefixed = " " + text.substring(from, to);
                last.accept(prefixed, 0, prefixed.length(), first);
            } else {
                last.accept(text, from, to, first);
            }
        };
    }

    private static Sink spelling(Sink sink) {
        return (text, from, to, first) -> {
            byte[] bytes = Utf8.encode(text.substring(from, to));
            sink.accept(ByteAlphabet.spell(bytes, 0, bytes.length), 0, bytes.length, first);
        };
    }
}
