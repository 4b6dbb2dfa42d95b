package dev.puna.text;

import java.util.List;

/** A regular expression as a tree. */
sealed interface RegexNode {
    /** No end: a repeat without a limit. */
    int UNBOUNDED = Integer.MAX_VALUE;

    /** One character of a set. */
    record One(CharSet set) implements RegexNode {}

    /** One after another. */
    record Sequence(List<RegexNode> parts) implements RegexNode {}

    /** The first that leads to a match. */
    record Choice(List<RegexNode> options) implements RegexNode {}

    /** Between {@code least} and {@code most} times; as often as possible, or as seldom. */
    record Repeat(RegexNode body, int least, int most, boolean lazy) implements RegexNode {}

    /** A match that is never taken back once found. */
    record Atomic(RegexNode body) implements RegexNode {}

    /** What must, or must not, stand here. */
    record Ahead(RegexNode body, boolean negative) implements RegexNode {}

    /** What must, or must not, stand before; of one length only. */
    record Behind(RegexNode body, boolean negative) implements RegexNode {}

    /** A place between characters. */
    record At(Edge edge) implements RegexNode {}

    /** The places. */
    enum Edge {
        TEXT_BEGIN,
        TEXT_END,
        /** The end, or before a line feed that ends the text. */
        LAST_LINE_END,
        LINE_BEGIN,
        LINE_END,
        WORD,
        NOT_WORD
    }

    /** Characters at least. */
    default int least() {
        return switch (this) {
            case One one -> 1;
            case Sequence(var parts) ->
                (int) Math.min(
                        UNBOUNDED, parts.stream().mapToLong(RegexNode::least).sum());
            case Choice(var options) ->
                options.stream().mapToInt(RegexNode::least).min().orElse(0);
            case Repeat repeat -> (int) Math.min(UNBOUNDED, (long) repeat.least * repeat.body.least());
            case Atomic(var body) -> body.least();
            case Ahead ahead -> 0;
            case Behind behind -> 0;
            case At at -> 0;
        };
    }

    /** Characters at most; {@link #UNBOUNDED} where there is no limit. */
    default int most() {
        return switch (this) {
            case One one -> 1;
            case Sequence(var parts) ->
                (int) Math.min(
                        UNBOUNDED, parts.stream().mapToLong(RegexNode::most).sum());
            case Choice(var options) ->
                options.stream().mapToInt(RegexNode::most).max().orElse(0);
            case Repeat repeat -> (int) Math.min(UNBOUNDED, (long) repeat.most * repeat.body.most());
            case Atomic(var body) -> body.most();
            case Ahead ahead -> 0;
            case Behind behind -> 0;
            case At at -> 0;
        };
    }
}
