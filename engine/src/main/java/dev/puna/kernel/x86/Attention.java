package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
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
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Attention over a paged cache. The cache is cut into pieces of {@link #PIECE} positions, the same for every query.
 * Within a piece scores are products of key rows with queries, and sums of values products of value panels with weights,
 * so both run on {@link ManyTokens}; each query has its largest score, sum of weights and weighted values there. These
 * are then put together piece by piece, in order. So a query gets the same bits whether its pieces were the work of one
 * thread or of many, and whatever queries shared them.
 *
 * <p>A piece is unpacked once for all queries of a tile and all heads that share it. Where there are fewer tiles than
 * threads want, as when one sequence decodes, pieces are shared out too.
 */
final class Attention {
    /** Positions of a piece: its values, unpacked for two strips, stay in the nearest cache. */
    static final int PIECE = 256;
    /** Numbers of a value that are unpacked together. */
    private static final int GROUP = 32;
    /** Tokens of a tile. */
    private static final int TILE = 32;

    private final Lanes lanes;
    private final Workers workers;
    private final MemorySegment[] arguments;
    private final Map<DType, Function> keys = new EnumMap<>(DType.class);
    private final Map<DType, Function> values = new EnumMap<>(DType.class);
    /** By number of queries, type and strips: see {@link #few}. */
    private final Map<Integer, Function> keysOfFew = new HashMap<>();

    private final Map<Integer, Function> valuesOfFew = new HashMap<>();
    private final MemorySegment[] tables;
    private final Which[] tiles;
    private final Function products;
    private final Function softmax;
    private final Function merge;
    private final Function share;
    private final Scratch parts = new Scratch();
    private final Workers.Task whole = this::whole;
    private final Workers.Task piece = this::piece;
    private final Workers.Task together = this::together;

    // What is being done
    private MemorySegment queries = MemorySegment.NULL;
    private MemorySegment y = MemorySegment.NULL;
    private List<Span> spans = List.of();
    private Pages pages = new Pages(new MemorySegment[0], 0, DType.F32, 1, 1, 1);
    private Reach reach = new Reach.All();
    private final MemorySegment scale;
    private int group;
    private long width;
    private int mostPieces;
    private boolean copied;
    private Function fewKeys = Function.NONE;
    private Function fewValues = Function.NONE;
    private int fewStrips;
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
        tables = new MemorySegment[workers.threads()];
        for (int i = 0; i < tables.length; i++) {
            tables[i] = arena.allocate(8L * (PIECE / lanes.rows + FewQueries.AHEAD), 64);
        }
        scale = arena.allocate(8, 8);
        products = CodePage.load(ManyTokens.floats(lanes));
        softmax = CodePage.load(Elementwise.softmax());
        merge = CodePage.load(Elementwise.merge());
        share = CodePage.load(Elementwise.share());
    }

    void run(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) throws Refused {
        this.queries = queries.data();
        this.y = y.data();
        this.spans = spans;
        this.pages = pages;
        this.reach = reach;
        this.scale.set(JAVA_FLOAT, 0, scale);
        width = queries.columns();
        group = (int) (width / pages.headSize() / pages.kvHeads());
        copied = pages.headSize() % 32 != 0 || pages.blockTokens() % lanes.rows != 0;
        unpackKeys = of(keys, pages.type(), true);
        unpackValues = of(values, pages.type(), false);
        int tiles = 0;
        mostPieces = 1;
        for (Span span : spans) {
            tiles += Math.ceilDiv(span.length(), TILE);
            mostPieces = Math.max(mostPieces, Math.ceilDiv(span.end(), PIECE));
        }
        int items = tiles * pages.kvHeads();
        few(spans);
        if (mostPieces == 1 || items >= 4 * workers.threads()) {
            workers.run(items, whole);
        } else {
            parts.atLeast(items * (long) mostPieces * partBytes(TILE * group));
            workers.run(items * mostPieces, piece);
            workers.run(items, together);
        }
        this.spans = List.of();
    }

    /** Makes the kernels for spans of few queries. */
    private void few(List<Span> spans) throws Refused {
        fewKeys = Function.NONE;
        fewStrips = copied || group > FewQueries.most(lanes)
                ? 0
                : FewQueries.strips(lanes, pages.type(), group, padded() / lanes.rows);
        boolean single = false;
        for (Span span : spans) {
            single |= span.length() % TILE == 1;
        }
        if (fewStrips == 0 || !single) {
            return;
        }
        int key = (pages.type().ordinal() * 64 + group) * 64 + fewStrips;
        if (!keysOfFew.containsKey(key)) {
            keysOfFew.put(key, CodePage.load(FewQueries.keys(lanes, pages.type(), group)));
            valuesOfFew.put(key, CodePage.load(FewQueries.values(lanes, pages.type(), group, fewStrips)));
        }
        fewKeys = keysOfFew.getOrDefault(key, Function.NONE);
        fewValues = valuesOfFew.getOrDefault(key, Function.NONE);
    }

    private Function of(Map<DType, Function> functions, DType type, boolean keys) throws Refused {
        Function function = functions.get(type);
        if (function == null) {
            function = CodePage.load(keys ? Unpack.floats(lanes, type) : Values.kernel(lanes, type));
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
    }

    private Which which(int item, int worker) {
        Which tile = tiles[worker];
        tile.head = item % pages.kvHeads();
        int left = item / pages.kvHeads();
        int token = 0;
        int i = 0;
        while (left >= Math.ceilDiv(spans.get(i).length(), TILE)) {
            left -= Math.ceilDiv(spans.get(i).length(), TILE);
            token += spans.get(i).length();
            i++;
        }
        tile.span = spans.get(i);
        tile.token = token + left * TILE;
        tile.position = tile.span.start() + left * TILE;
        tile.tokens = Math.min(TILE, tile.span.length() - left * TILE);
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
        MemorySegment scratch = workers.scratch(worker, 2 * bytes + pieceBytes(rows));
        clear(scratch.asSlice(0, bytes), rows);
        for (int i = firstPiece(tile); i <= lastPiece(tile); i++) {
            piece(tile, i, scratch.address() + bytes, scratch.asSlice(2 * bytes), worker);
            merge(scratch.address(), scratch.address() + bytes, rows);
        }
        finish(tile, scratch.address());
    }

    /** One piece of a tile. */
    private void piece(int number, int worker) {
        Which tile = which(number / mostPieces, worker);
        int i = number % mostPieces;
        if (i < firstPiece(tile) || i > lastPiece(tile)) {
            return;
        }
        int rows = tile.tokens * group;
        piece(tile, i, part(number / mostPieces, i), workers.scratch(worker, pieceBytes(rows)), worker);
    }

    private long part(int item, int piece) {
        return parts.atLeast(0).address() + (item * (long) mostPieces + piece) * partBytes(TILE * group);
    }

    /** Puts a tile's pieces together. */
    private void together(int item, int worker) {
        Which tile = which(item, worker);
        int rows = tile.tokens * group;
        MemorySegment sums = workers.scratch(worker, partBytes(rows));
        clear(sums, rows);
        for (int i = firstPiece(tile); i <= lastPiece(tile); i++) {
            merge(sums.address(), part(item, i), rows);
        }
        finish(tile, sums.address());
    }

    /** Sums of nothing: m so low that e^m counts as nothing. */
    private void clear(MemorySegment part, int rows) {
        part.fill((byte) 0);
        for (int row = 0; row < rows; row++) {
            part.set(JAVA_FLOAT, rows * 4L * padded() + row * 8L, NOTHING);
        }
    }

    private static final float NOTHING = -1e30f;

    private void merge(long sums, long part, int rows) {
        long states = rows * 4L * padded();
        for (int row = 0; row < rows; row++) {
            long at = row * 4L * padded();
            long state = states + row * 8L;
            merge.call(sums + at, sums + state, part + at, part + state, padded(), 0);
        }
    }

    private void finish(Which tile, long sums) {
        int rows = tile.tokens * group;
        for (int row = 0; row < rows; row++) {
            long to = (tile.token + row / group) * width + (tile.head * group + row % group) * (long) pages.headSize();
            share.call(
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
        return Math.max(2L * lanes.bytes * padded(), 4L * GROUP * PIECE);
    }

    private long pieceBytes(int rows) {
        long copies = copied ? PIECE * pages.type().bytes(padded()) : 0;
        return queryBytes(rows) + rows * 4L * PIECE + panelBytes() + copies;
    }

    private void piece(Which tile, int piece, long part, MemorySegment scratch, int worker) {
        int rows = tile.tokens * group;
        int first = piece * PIECE;
        int end = Math.min(first + PIECE, tile.position + tile.tokens);
        int begin = Math.max(first, reach.first(tile.position) / lanes.rows * lanes.rows);
        long scores = scratch.address() + queryBytes(rows);
        MemorySegment a = arguments[worker];
        set(a, Arguments.INPUT, 0);
        set(a, Arguments.TOKENS, rows);
        if (fewKeys != Function.NONE && tile.tokens == 1) {
            long table = tables[worker].address();
            int strips = table(tile, begin, end, pages.keys(tile.head), worker);
            long query = tile.token * width + tile.head * group * (long) pages.headSize();
            set(a, Arguments.WEIGHTS, table);
            set(a, Arguments.UNITS, strips);
            set(a, Arguments.STRIDE, pages.rowBytes());
            set(a, Arguments.BLOCKS, padded() / GROUP);
            set(a, Arguments.RECORDS, queries.address() + 4 * query);
            set(a, Arguments.TOKEN_BYTES, 4L * pages.headSize());
            set(a, Arguments.OUTPUT, scores + 4L * (begin - first));
            set(a, Arguments.OUTPUT_BYTES, 4L * PIECE);
            fewKeys.call(a.address(), 0, 0, 0);
            int whole = begin - first + strips * lanes.rows;
            softmax(tile, first, end, whole, scores, part);
            table(tile, begin, end, pages.values(tile.head), worker);
            set(a, Arguments.BLOCKS, padded() / lanes.rows / fewStrips);
            set(a, Arguments.RECORDS, scores + 4L * (begin - first));
            set(a, Arguments.TOKEN_BYTES, 4L * PIECE);
            set(a, Arguments.OUTPUT, part);
            set(a, Arguments.OUTPUT_BYTES, 4L * padded());
            fewValues.call(a.address(), 0, 0, 0);
            return;
        }
        long panel = scores + rows * 4L * PIECE;
        MemorySegment copies = scratch.asSlice(panel + panelBytes() - scratch.address());
        copyQueries(tile, scratch);
        scores(tile, first, begin, end, scratch.address(), scores, panel, copies, a);
        int whole = Math.ceilDiv(end - first, 8) * 8;
        softmax(tile, first, end, whole, scores, part);
        values(tile, first, begin, end, whole, scores, panel, part, copies, a);
    }

    /** Writes the addresses of a head's strips of rows; returns how many. */
    private int table(Which tile, int begin, int end, long head, int worker) {
        MemorySegment table = tables[worker];
        int strips = 0;
        long address = 0;
        for (int j = begin; j < end; j += lanes.rows) {
            address = pages.page(tile.span, j).address() + head + j % pages.blockTokens() * pages.rowBytes();
            set(table, 8 * strips++, address);
        }
        for (int i = 0; i < FewQueries.AHEAD; i++) {
            set(table, 8 * (strips + i), address);
        }
        return strips;
    }

    private void scores(
            Which tile,
            int first,
            int begin,
            int end,
            long queryAt,
            long scores,
            long panel,
            MemorySegment copies,
            MemorySegment a) {
        int tileRows = Tile.ofFloats(lanes).strips() * lanes.rows;
        long stripBytes = (long) lanes.bytes * padded();
        if (copied) {
            copy(tile, begin, end, pages.keys(tile.head), copies);
        }
        set(a, Arguments.STRIDE, copied ? pages.type().bytes(padded()) : pages.rowBytes());
        set(a, Arguments.BLOCKS, padded() / GROUP);
        set(a, Arguments.PANEL_BYTES, stripBytes);
        set(a, Arguments.RUNS, padded() / ManyTokens.FLOATS_AT_A_TIME);
        set(a, Arguments.RECORDS, queryAt);
        set(a, Arguments.TOKEN_BYTES, 4L * padded());
        set(a, Arguments.OUTPUT_BYTES, 4L * PIECE);
        for (int j = begin; j < end; j += tileRows) {
            int strips = j + lanes.rows < end ? 2 : 1;
            for (int strip = 0; strip < strips; strip++) {
                int position = j + strip * lanes.rows;
                int ahead = Math.min(end - 1, position + tileRows);
                set(a, Arguments.WEIGHTS, row(tile, position, begin, pages.keys(tile.head), copies));
                set(a, Arguments.NEXT, row(tile, ahead, begin, pages.keys(tile.head), copies));
                set(a, Arguments.PANEL, panel + strip * stripBytes);
                unpackKeys.call(a.address(), 0, 0, 0);
            }
            set(a, Arguments.PANEL, panel);
            set(a, Arguments.OUTPUT, scores + 4L * (j - first));
            products.call(a.address(), 0, 0, 0);
        }
    }

    /** Scores of each query become weights, up to {@code whole}; what it does not see has none. */
    private void softmax(Which tile, int first, int end, int whole, long scores, long part) {
        int rows = tile.tokens * group;
        long states = part + rows * 4L * padded();
        for (int row = 0; row < rows; row++) {
            int position = tile.position + row / group;
            int from = Math.max(first, reach.first(position)) - first;
            int to = Math.min(end, position + 1) - first;
            if (from >= to) {
                MemorySegment.ofAddress(scores + row * 4L * PIECE)
                        .reinterpret(4L * whole)
                        .fill((byte) 0);
                state(states + row * 8L);
            } else {
                softmax.call(scores + row * 4L * PIECE, from, to, whole, scale.address(), states + row * 8L);
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
            MemorySegment copies,
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
                unpackValues.call(from, rowBytes, next - j, to, valueBytes, 1);
                j = next;
            }
            for (int strip = 0; strip < GROUP; strip += tileRows) {
                set(a, Arguments.PANEL, panel + strip / lanes.rows * valueBytes);
                set(a, Arguments.OUTPUT, part + 4L * (d + strip));
                products.call(a.address(), 0, 0, 0);
            }
        }
    }

    private static void state(long at) {
        MemorySegment state = MemorySegment.ofAddress(at).reinterpret(8);
        state.set(JAVA_FLOAT, 0, NOTHING);
        state.set(JAVA_FLOAT, 4, 0);
    }

    private void copyQueries(Which tile, MemorySegment target) {
        long bytes = 4L * pages.headSize();
        for (int row = 0; row < tile.tokens * group; row++) {
            long from =
                    (tile.token + row / group) * width + (tile.head * group + row % group) * (long) pages.headSize();
            long to = row * 4L * padded();
            MemorySegment.copy(queries, 4 * from, target, to, bytes);
            if (padded() > pages.headSize()) {
                target.asSlice(to + bytes, 4L * padded() - bytes).fill((byte) 0);
            }
        }
    }

    /** Where the row of a position is: in its page, or among the copies. */
    private long row(Which tile, int position, int begin, long head, MemorySegment copies) {
        if (copied) {
            return copies.address() + (position - begin) * pages.type().bytes(padded());
        }
        long page = pages.page(tile.span, position).address();
        return page + head + position % pages.blockTokens() * pages.rowBytes();
    }

    /** Copies rows one behind the other, filled up with zeros. */
    private void copy(Which tile, int begin, int end, long head, MemorySegment copies) {
        copies.fill((byte) 0);
        for (int position = begin; position < end; position++) {
            MemorySegment.copy(
                    pages.page(tile.span, position),
                    head + position % pages.blockTokens() * pages.rowBytes(),
                    copies,
                    (position - begin) * pages.type().bytes(padded()),
                    pages.rowBytes());
        }
    }

    private static void set(MemorySegment arguments, int offset, long value) {
        arguments.set(JAVA_LONG, offset, value);
    }
}
