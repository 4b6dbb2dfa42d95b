package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.Pages;
import dev.puna.kernel.Reach;
import dev.puna.kernel.Scratch;
import dev.puna.kernel.Span;
import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.kernel.x86.ManyTokens.Tile;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Attention over a paged cache. The cache is cut into pieces of {@link #PIECE} positions, the same for every query.
 * Within a piece scores are products of key rows with queries, and sums of values products of value panels with weights,
 * so both run on {@link ManyTokens}; each query has its largest score, sum of weights and weighted values there. These
 * are then put together piece by piece, in order. So a query gets the same bits whether its pieces were the work of one
 * thread or of many, and whatever queries shared them.
 *
 * <p>A piece is unpacked once for all queries of a tile and all heads that share it. Where sequences decode, or there are
 * fewer tiles than threads want, pieces are shared out: all heads of one, then of the next, as they lie in memory.
 */
final class Attention {
    /** Positions of a piece: its values, unpacked for two strips, stay in the nearest cache. */
    static final int PIECE = 256;
    /** Numbers of a value that are unpacked together. */
    private static final int GROUP = 32;
    /** Tokens of a tile. */
    private static final int TILE = 32;
    /** Beyond this many bytes of parts, one thread takes all pieces of a tile, although it jumps about in memory then. */
    private static final long PARTS_BYTES = 32 << 20;

    private final Lanes lanes;
    private final Workers workers;
    private final MemorySegment[] arguments;
    private final Map<DType, Function> keyRows = new EnumMap<>(DType.class);
    private final Map<DType, Function> keyStrips = new EnumMap<>(DType.class);
    private final Map<DType, Function> values = new EnumMap<>(DType.class);
    private final List<Few> fews = new ArrayList<>();
    private final Which[] tiles;
    private final Function products;
    private final Function softmax;
    private final Function merge;
    private final Function share;
    private final Scratch parts = new Scratch();
    /** Addresses of each span's strips, one span behind the other. */
    private final Scratch tables = new Scratch();

    private final Workers.Task whole = this::whole;
    private final Workers.Task piece = this::piece;
    private final Workers.Task together = this::together;

    // What is being done
    private MemorySegment queries = MemorySegment.NULL;
    private MemorySegment y = MemorySegment.NULL;
    private List<Span> spans = List.of();
    private Pages pages = new Pages(new MemorySegment[0], 0, DType.F32, 1, 1, 1, 1);
    private Reach reach = new Reach.All();
    /** The scale and the number of rows that share a head, as a softmax wants them. */
    private final MemorySegment how;

    private int group;
    private long width;
    private int mostPieces;
    private int tileCount;
    /** Queries of the largest tile. */
    private int mostRows;
    /** By tile: its span, its first token in the batch, and how many there are of that span before it. */
    private int[] tileSpans = new int[16];

    private int[] tileTokens = new int[16];
    private int[] tileStarts = new int[16];
    /** By span: where its table begins. */
    private long[] tableStarts = new long[16];

    private boolean copied;
    private Few few = Few.NONE;
    private Function unpackKeys = Function.NONE;
    private Function unpackValues = Function.NONE;

    Attention(Lanes lanes, Workers workers) throws Refused {
        this.lanes = lanes;
        this.workers = workers;
        Arena arena = Arena.ofAuto();
        arguments = new MemorySegment[workers.threads()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arena.allocate(Arguments.BYTES, 64);
        }
        tiles = new Which[workers.threads()];
        Arrays.setAll(tiles, _ -> new Which());
        how = arena.allocate(8, 8);
        products = CodePage.load(ManyTokens.floats(lanes));
        softmax = CodePage.load(Elementwise.softmax(lanes, 4 * PIECE));
        merge = CodePage.load(Elementwise.merge());
        share = CodePage.load(Elementwise.share());
    }

    void run(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) throws Refused {
        this.queries = queries.data();
        this.y = y.data();
        this.spans = spans;
        this.pages = pages;
        this.reach = reach;
        width = queries.columns();
        group = (int) (width / pages.headSize() / pages.kvHeads());
        how.set(JAVA_FLOAT, 0, scale);
        how.set(JAVA_INT, 4, group);
        copied = !KeyStrips.fit(pages);
        unpackKeys =
                copied ? of(keyRows, pages.type(), Unpack::floats) : of(keyStrips, pages.type(), KeyStrips::unpack);
        unpackValues = of(values, pages.type(), Values::kernel);
        few = few();
        tileCount = tiles();
        int items = tileCount * pages.kvHeads();
        if (few != Few.NONE) {
            tables();
        }
        long partsBytes = items * (long) mostPieces * partBytes(mostRows);
        boolean inOrder = few != Few.NONE && mostRows == group && partsBytes <= PARTS_BYTES;
        if (mostPieces == 1 || !inOrder && items >= 4 * workers.threads()) {
            workers.run(items, whole);
        } else {
            parts.atLeast(partsBytes);
            workers.run(items * mostPieces, piece);
            workers.run(items, together);
        }
        this.spans = List.of();
    }

    /** Cuts the spans into tiles, and says how many these are. */
    private int tiles() {
        int tiles = 0;
        int token = 0;
        mostPieces = 1;
        mostRows = 0;
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            for (int start = 0; start < span.length(); start += TILE) {
                if (tiles == tileSpans.length) {
                    tileSpans = Arrays.copyOf(tileSpans, 2 * tiles);
                    tileTokens = Arrays.copyOf(tileTokens, 2 * tiles);
                    tileStarts = Arrays.copyOf(tileStarts, 2 * tiles);
                }
                tileSpans[tiles] = i;
                tileTokens[tiles] = token + start;
                tileStarts[tiles++] = start;
            }
            token += span.length();
            mostRows = Math.max(mostRows, Math.min(span.length(), TILE) * group);
            mostPieces = Math.max(mostPieces, Math.ceilDiv(span.end(), PIECE));
        }
        return tiles;
    }

    /**
     * The kernels for one token's queries of a kind of heads. Where these are too many, they come in several turns, the
     * last of which may have fewer.
     */
    private record Few(DType type, int head, int group, int each, Function[] keys, Function[] values) {
        static final Few NONE = new Few(DType.F32, 0, 0, 0, new Function[0], new Function[0]);
    }

    private Few few() throws Refused {
        if (copied) {
            return Few.NONE;
        }
        for (int i = 0; i < fews.size(); i++) {
            Few known = fews.get(i);
            if (known.type == pages.type() && known.head == pages.headSize() && known.group == group) {
                return known;
            }
        }
        Function[] keys = new Function[Math.ceilDiv(group, FewQueries.most(lanes))];
        Function[] values = new Function[keys.length];
        int each = Math.ceilDiv(group, keys.length);
        for (int i = 0; i < keys.length; i++) {
            int queries = Math.min(each, group - i * each);
            FewQueries kernels = new FewQueries(lanes, pages.type(), queries, pages.headSize(), PIECE);
            keys[i] = CodePage.load(kernels.keys());
            values[i] = CodePage.load(kernels.values());
        }
        Few made = new Few(pages.type(), pages.headSize(), group, each, keys, values);
        fews.add(made);
        return made;
    }

    /** Writes where the strips are of those spans that have a tile of one token, the head's place still to be added. */
    private void tables() {
        if (tableStarts.length < spans.size()) {
            tableStarts = new long[2 * spans.size()];
        }
        long entries = 0;
        for (int i = 0; i < spans.size(); i++) {
            tableStarts[i] = entries;
            if (spans.get(i).length() % TILE == 1) {
                entries += Math.ceilDiv(spans.get(i).end(), KeyStrips.POSITIONS) + FewQueries.AHEAD;
            }
        }
        MemorySegment table = tables.atLeast(8 * entries);
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            if (span.length() % TILE != 1) {
                continue;
            }
            int end = Math.ceilDiv(span.end(), KeyStrips.POSITIONS);
            long address = 0;
            for (int strip = begin(span.end() - 1) / KeyStrips.POSITIONS; strip < end + FewQueries.AHEAD; strip++) {
                if (strip < end) {
                    int position = strip * KeyStrips.POSITIONS;
                    address = pages.page(span, position).address() + pages.row(span, position);
                }
                set(table, (int) (8 * (tableStarts[i] + strip)), address);
            }
        }
    }

    /** Where a query at a position begins to read: in whole strips. */
    private int begin(int position) {
        return reach.first(position) / KeyStrips.POSITIONS * KeyStrips.POSITIONS;
    }

    private interface Maker {
        byte[] code(Lanes lanes, DType type);
    }

    private Function of(Map<DType, Function> functions, DType type, Maker maker) throws Refused {
        Function function = functions.get(type);
        if (function == null) {
            function = CodePage.load(maker.code(lanes, type));
            functions.put(type, function);
        }
        return function;
    }

    // Sums and states of some queries: [query][padded head], then [query] of two floats

    private int padded() {
        return Math.ceilDiv(pages.headSize(), 32) * 32;
    }

    private long partBytes(int rows) {
        return Math.ceilDiv(rows * (4L * padded() + 8), 64) * 64;
    }

    /** A tile: the queries of some tokens of a span that read one head. Each worker has one. */
    private static final class Which {
        Span span = new Span(new int[0], 0, 1, Span.Outputs.LAST);
        /** The first token, in the batch and in its sequence. */
        int token;

        int position;
        int tokens;
        int head;
        /** Where its span's table of strips begins, if it has one. */
        long table;
    }

    private Which which(int item, int worker) {
        Which tile = tiles[worker];
        int i = item / pages.kvHeads();
        tile.head = item % pages.kvHeads();
        tile.span = spans.get(tileSpans[i]);
        tile.table = few == Few.NONE ? 0 : tableStarts[tileSpans[i]];
        tile.token = tileTokens[i];
        tile.position = tile.span.start() + tileStarts[i];
        tile.tokens = Math.min(TILE, tile.span.length() - tileStarts[i]);
        return tile;
    }

    private int firstPiece(Which tile) {
        return reach.first(tile.position) / PIECE;
    }

    private int lastPiece(Which tile) {
        return (tile.position + tile.tokens - 1) / PIECE;
    }

    /** All pieces of a tile, one after the other. */
    private void whole(int item, int worker) {
        Which tile = which(item, worker);
        int rows = tile.tokens * group;
        long bytes = partBytes(rows);
        MemorySegment scratch = workers.scratch(worker, pieceBytes(rows) + 2 * bytes);
        long sums = scratch.address() + pieceBytes(rows);
        piece(tile, firstPiece(tile), sums, scratch, worker);
        for (int i = firstPiece(tile) + 1; i <= lastPiece(tile); i++) {
            piece(tile, i, sums + bytes, scratch, worker);
            merge(sums, sums + bytes, rows);
        }
        finish(tile, sums);
    }

    /** One piece of a tile. */
    private void piece(int number, int worker) {
        int items = tileCount * pages.kvHeads();
        Which tile = which(number % items, worker);
        int i = number / items;
        if (i < firstPiece(tile) || i > lastPiece(tile)) {
            return;
        }
        int rows = tile.tokens * group;
        piece(tile, i, part(number % items, i), workers.scratch(worker, pieceBytes(rows)), worker);
    }

    private long part(int item, int piece) {
        return parts.atLeast(0).address() + (item * (long) mostPieces + piece) * partBytes(mostRows);
    }

    /** Puts a tile's pieces together. */
    private void together(int item, int worker) {
        Which tile = which(item, worker);
        int rows = tile.tokens * group;
        long sums = workers.scratch(worker, partBytes(rows)).address();
        clear(sums, rows);
        for (int i = firstPiece(tile); i <= lastPiece(tile); i++) {
            merge(sums, part(item, i), rows);
        }
        finish(tile, sums);
    }

    /** Sums of nothing: m so low that e^m counts as nothing. */
    private void clear(long part, int rows) {
        long states = part + rows * 4L * padded();
        Memory.clear(part, states - part);
        for (int row = 0; row < rows; row++) {
            state(states + row * 8L);
        }
    }

    private static final float NOTHING = -1e30f;

    private void merge(long sums, long part, int rows) {
        long states = rows * 4L * padded();
        merge.callBriefly(sums, sums + states, part, part + states, padded(), rows);
    }

    private void finish(Which tile, long sums) {
        int rows = tile.tokens * group;
        for (int row = 0; row < rows; row++) {
            long to = (tile.token + row / group) * width + (tile.head * group + row % group) * (long) pages.headSize();
            share.callBriefly(
                    sums + row * 4L * padded(),
                    sums + rows * 4L * padded() + row * 8L,
                    y.address() + 4 * to,
                    pages.headSize());
        }
    }

    // A piece. Scratch: queries, scores, panel, and rows copied where they cannot be read in place.

    private long queryBytes(int rows) {
        return rows * 4L * padded();
    }

    private long panelBytes() {
        return Math.max(4L * KeyStrips.POSITIONS * padded(), 4L * GROUP * PIECE);
    }

    private long copyBytes() {
        return copied ? PIECE * pages.type().bytes(padded()) : 0;
    }

    private long pieceBytes(int rows) {
        long bytes = queryBytes(rows) + rows * 4L * PIECE + panelBytes() + copyBytes();
        return Math.ceilDiv(bytes, 64) * 64;
    }

    private void piece(Which tile, int piece, long part, MemorySegment scratch, int worker) {
        int rows = tile.tokens * group;
        int first = piece * PIECE;
        int end = Math.min(first + PIECE, tile.position + tile.tokens);
        int begin = Math.max(first, begin(tile.position));
        long scores = scratch.address() + queryBytes(rows);
        if (few != Few.NONE && tile.tokens == 1) {
            few(tile, first, begin, end, scores, part);
            return;
        }
        MemorySegment a = arguments[worker];
        set(a, Arguments.INPUT, 0);
        set(a, Arguments.TOKENS, rows);
        long panel = scores + rows * 4L * PIECE;
        long copies = panel + panelBytes();
        copyQueries(tile, scratch.address());
        scores(tile, first, begin, end, scratch.address(), scores, panel, copies, a);
        int whole = Math.ceilDiv(end - first, 8) * 8;
        softmax(tile, first, end, whole, scores, part);
        values(tile, first, begin, end, whole, scores, panel, part, copies, a);
    }

    /** One token's queries in a piece. */
    private void few(Which tile, int first, int begin, int end, long scores, long part) {
        long table = tables.atLeast(0).address() + 8 * (tile.table + begin / KeyStrips.POSITIONS);
        int strips = Math.ceilDiv(end - begin, KeyStrips.POSITIONS);
        long keys = pages.keys(tile.head);
        long values = pages.values(tile.head);
        long next = pages.keys((tile.head + 1) % pages.kvHeads());
        long query = queries.address() + 4 * (tile.token * width + (long) tile.head * group * pages.headSize());
        long from = scores + 4L * (begin - first);
        for (int i = 0; i < few.keys.length; i++) {
            long skipped = (long) i * few.each;
            few.keys[i].callBriefly(
                    table, keys, values, strips, query + 4 * skipped * pages.headSize(), from + 4 * skipped * PIECE);
        }
        int seen = Math.max(first, reach.first(tile.position)) - first;
        int whole = begin - first + strips * KeyStrips.POSITIONS;
        softmax.callBriefly(scores, seen, end - first, whole, how.address(), part + group * 4L * padded());
        for (int i = 0; i < few.values.length; i++) {
            long skipped = (long) i * few.each;
            few.values[i].callBriefly(table, values, next, strips, from + 4 * skipped * PIECE, part + 4 * skipped * padded());
        }
    }

    private void scores(
            Which tile,
            int first,
            int begin,
            int end,
            long queryAt,
            long scores,
            long panel,
            long copies,
            MemorySegment a) {
        int tileRows = Tile.ofFloats(lanes).strips() * lanes.rows;
        long stripBytes = (long) lanes.bytes * padded();
        if (copied) {
            copy(tile, begin, end, pages.keys(tile.head), copies);
        }
        set(a, Arguments.STRIDE, pages.type().bytes(padded()));
        set(a, Arguments.BLOCKS, padded() / GROUP);
        set(a, Arguments.PANEL_BYTES, stripBytes);
        set(a, Arguments.RUNS, padded() / ManyTokens.FLOATS_AT_A_TIME);
        set(a, Arguments.RECORDS, queryAt);
        set(a, Arguments.TOKEN_BYTES, 4L * padded());
        set(a, Arguments.OUTPUT_BYTES, 4L * PIECE);
        for (int j = begin; j < end; j += KeyStrips.POSITIONS) {
            if (copied) {
                for (int row = 0; row < KeyStrips.POSITIONS && j + row < end; row += lanes.rows) {
                    long at = row(tile, j + row, begin, pages.keys(tile.head), copies);
                    set(a, Arguments.WEIGHTS, at);
                    set(a, Arguments.NEXT, at);
                    set(a, Arguments.PANEL, panel + row / lanes.rows * stripBytes);
                    unpackKeys.callBriefly(a.address(), 0, 0, 0);
                }
            } else {
                long at = row(tile, j, begin, pages.keys(tile.head), copies);
                unpackKeys.callBriefly(at, panel, stripBytes, padded() / GROUP);
            }
            for (int row = 0; row < KeyStrips.POSITIONS && j + row < end; row += tileRows) {
                set(a, Arguments.PANEL, panel + row / lanes.rows * stripBytes);
                set(a, Arguments.OUTPUT, scores + 4L * (j + row - first));
                products.callBriefly(a.address(), 0, 0, 0);
            }
        }
    }

    /** Scores of each query become weights, up to {@code whole}; what it does not see has none. */
    private void softmax(Which tile, int first, int end, int whole, long scores, long part) {
        long states = part + tile.tokens * group * 4L * padded();
        for (int token = 0; token < tile.tokens; token++) {
            int position = tile.position + token;
            int from = Math.max(first, reach.first(position)) - first;
            int to = Math.min(end, position + 1) - first;
            long ofToken = scores + (long) token * group * 4 * PIECE;
            long state = states + token * group * 8L;
            if (from < to) {
                softmax.callBriefly(ofToken, from, to, whole, how.address(), state);
                continue;
            }
            for (int row = 0; row < group; row++) {
                Memory.clear(ofToken + row * 4L * PIECE, 4L * whole);
                state(state + row * 8L);
            }
        }
    }

    private void values(
            Which tile,
            int first,
            int begin,
            int end,
            int whole,
            long scores,
            long panel,
            long part,
            long copies,
            MemorySegment a) {
        int tileRows = Tile.ofFloats(lanes).strips() * lanes.rows;
        if (copied) {
            copy(tile, begin, end, pages.values(tile.head), copies);
        }
        int skipped = begin - first;
        long valueBytes = (long) lanes.bytes * PIECE;
        set(a, Arguments.PANEL_BYTES, valueBytes);
        set(a, Arguments.RUNS, (whole - skipped) / ManyTokens.FLOATS_AT_A_TIME);
        set(a, Arguments.RECORDS, scores + 4L * skipped);
        set(a, Arguments.TOKEN_BYTES, 4L * PIECE);
        set(a, Arguments.OUTPUT_BYTES, 4L * padded());
        for (int d = 0; d < padded(); d += GROUP) {
            long ofRow = pages.type().bytes(d);
            for (int j = begin; j < first + whole; ) {
                int page = copied ? first + whole : (j / pages.blockTokens() + 1) * pages.blockTokens();
                int next = Math.min(first + whole, page);
                long from = row(tile, j, begin, pages.values(tile.head), copies) + ofRow;
                long to = panel + (long) (j - begin) * lanes.bytes;
                long rowBytes = copied ? pages.type().bytes(padded()) : pages.rowBytes();
                unpackValues.callBriefly(from, rowBytes, next - j, to, valueBytes, 1);
                j = next;
            }
            for (int strip = 0; strip < GROUP; strip += tileRows) {
                set(a, Arguments.PANEL, panel + strip / lanes.rows * valueBytes);
                set(a, Arguments.OUTPUT, part + 4L * (d + strip));
                products.callBriefly(a.address(), 0, 0, 0);
            }
        }
    }

    private static void state(long at) {
        Memory.set(at, NOTHING);
        Memory.set(at + 4, 0);
    }

    private void copyQueries(Which tile, long target) {
        int together = padded() == pages.headSize() ? group : 1; // heads that are copied in one piece
        long bytes = 4L * pages.headSize();
        for (int row = 0; row < tile.tokens * group; row += together) {
            long from =
                    (tile.token + row / group) * width + (tile.head * group + row % group) * (long) pages.headSize();
            long to = target + row * 4L * padded();
            Memory.copy(queries.address() + 4 * from, to, together * bytes);
            if (padded() > pages.headSize()) {
                Memory.clear(to + bytes, 4L * padded() - bytes);
            }
        }
    }

    /** Where the row of a position is: in its page, or among the copies. */
    private long row(Which tile, int position, int begin, long head, long copies) {
        if (copied) {
            return copies + (position - begin) * pages.type().bytes(padded());
        }
        return pages.page(tile.span, position).address() + head + pages.row(tile.span, position);
    }

    /** Copies rows one behind the other, filled up with zeros. */
    private void copy(Which tile, int begin, int end, long head, long copies) {
        Memory.clear(copies, copyBytes());
        for (int position = begin; position < end; position++) {
            long page = pages.page(tile.span, position).address();
            Memory.copy(
                    page + head + pages.row(tile.span, position),
                    copies + (position - begin) * pages.type().bytes(padded()),
                    pages.rowBytes());
        }
    }

    private static void set(MemorySegment arguments, int offset, long value) {
        arguments.set(JAVA_LONG, offset, value);
    }
}
