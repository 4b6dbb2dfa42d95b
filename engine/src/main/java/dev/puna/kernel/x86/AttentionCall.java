package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.puna.kernel.Pages;
import dev.puna.kernel.Reach;
import dev.puna.kernel.Span;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What attention is asked for now, the same for every part of it. */
final class AttentionCall {
    /** Positions of a piece: its values, unpacked for two strips, stay in the nearest cache. */
    static final int PIECE = 256;

    private static final float NOTHING = -1e30f;

    MemorySegment queries = MemorySegment.NULL;
    MemorySegment y = MemorySegment.NULL;
    List<Span> spans = List.of();
    Pages pages = new Pages(new MemorySegment[0], 0, DType.F32, 1, 1, 1, 1);
    Reach reach = new Reach.All();
    /** Numbers of a token's queries. */
    long width;
    /** Queries of a token that share a head. */
    int group;
    /** The scale and the group, as a softmax wants them. */
    private final MemorySegment how = Arena.ofAuto().allocate(8, 8);

    void set(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) {
        this.queries = queries.data();
        this.y = y.data();
        this.spans = spans;
        this.pages = pages;
        this.reach = reach;
        width = queries.columns();
        group = (int) (width / pages.headSize() / pages.kvHeads());
        how.set(JAVA_FLOAT, 0, scale);
        how.set(JAVA_INT, 4, group);
    }

    long how() {
        return how.address();
    }

    /** A tile: the queries of some tokens of a span that read one head. */
    static final class Tile {
        /** Tokens of a tile; a span's last may have fewer. */
        static final int TOKENS = 32;

        Span span = new Span(new int[0], 0, 1, Span.Outputs.LAST);
        /** Which span of the batch that is. */
        int spanIndex;
        /** The first token, in the batch and in its sequence. */
        int token;

        int position;
        int tokens;
        int head;

        /** Whether one of a span's tiles is of one token: its last. */
        static boolean oneHasOneToken(Span span) {
            return span.length() % TOKENS == 1;
        }

        /** The position behind its last. */
        int end() {
            return position + tokens;
        }
    }

    /** Where the query of a row of a tile, or its result, begins among those of all tokens: in numbers. */
    long place(Tile tile, int row) {
        return (tile.token + row / group) * width + (tile.head * group + row % group) * (long) pages.headSize();
    }

    /** Where a query at a position begins to read: in whole strips. */
    int begin(int position) {
        return reach.first(position) / KeyStrips.POSITIONS * KeyStrips.POSITIONS;
    }

    // Sums and states of some queries: [query][padded head], then [query] of two floats

    int padded() {
        return Math.ceilDiv(pages.headSize(), 32) * 32;
    }

    long partBytes(int rows) {
        return Math.ceilDiv(rows * (4L * padded() + 8), 64) * 64;
    }

    /** Where the states of some queries begin, behind their sums. */
    long states(int rows) {
        return rows * 4L * padded();
    }

    /** The state of a query that has seen nothing: m so low that e^m counts as nothing. */
    static void seenNothing(long state) {
        Memory.set(state, NOTHING);
        Memory.set(state + 4, 0);
    }
}
