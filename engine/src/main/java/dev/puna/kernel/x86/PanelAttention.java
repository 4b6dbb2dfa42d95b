package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.x86.AttentionCall.Tile;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/**
 * Attention of tiles of many queries. Scores are products of key rows with queries, and sums of values products of value
 * panels with weights, so both run on {@link ManyTokens}; a piece is unpacked once for all queries of a tile and all
 * heads that share it.
 */
final class PanelAttention {
    private static final int PIECE = AttentionCall.PIECE;
    /** Numbers of a value that are unpacked together. */
    private static final int GROUP = 32;

    private final Lanes lanes;
    private final AttentionCall call;
    private final MemorySegment[] arguments;
    private final Map<DType, Function> keyRows = new EnumMap<>(DType.class);
    private final Map<DType, Function> keyStrips = new EnumMap<>(DType.class);
    private final Map<DType, Function> values = new EnumMap<>(DType.class);
    private final Function products;
    private final Function softmax;
    private boolean copied;
    private Function unpackKeys = Function.NONE;
    private Function unpackValues = Function.NONE;

    PanelAttention(Lanes lanes, int threads, AttentionCall call, Function softmax) throws Refused {
        this.lanes = lanes;
        this.call = call;
        this.softmax = softmax;
        Arena arena = Arena.ofAuto();
        arguments = new MemorySegment[threads];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arena.allocate(Arguments.BYTES, 64);
        }
        products = CodePage.load(ManyTokens.floats(lanes, false));
    }

    /** Makes ready for what is asked now. */
    void prepare() throws Refused {
        DType type = call.pages.type();
        copied = !KeyStrips.fit(call.pages);
        unpackKeys = copied ? of(keyRows, type, Unpack::floats) : of(keyStrips, type, KeyStrips::unpack);
        unpackValues = of(values, type, Values::kernel);
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

    private long queryBytes(int rows) {
        return rows * 4L * call.padded();
    }

    private long panelBytes() {
        return Math.max(4L * KeyStrips.POSITIONS * call.padded(), 4L * GROUP * PIECE);
    }

    private long copyBytes() {
        return copied ? PIECE * call.pages.type().bytes(call.padded()) : 0;
    }

    /** Scratch for a piece: queries, scores, a panel, and rows copied where they cannot be read in place. */
    long pieceBytes(int rows) {
        long bytes = queryBytes(rows) + rows * 4L * PIECE + panelBytes() + copyBytes();
        return Math.ceilDiv(bytes, 64) * 64;
    }

    /**
     * The queries of a tile in a piece that begins at {@code first}, of which they see positions from {@code begin} to
     * {@code end}.
     *
     * @param part gets sums and states
     */
    void piece(Tile tile, int first, int begin, int end, long part, long scratch, int worker) {
        int rows = tile.tokens * call.group;
        long scores = scratch + queryBytes(rows);
        MemorySegment a = arguments[worker];
        set(a, Arguments.INPUT, 0);
        set(a, Arguments.TOKENS, rows);
        long panel = scores + rows * 4L * PIECE;
        long copies = panel + panelBytes();
        copyQueries(tile, scratch);
        scores(tile, first, begin, end, scratch, scores, panel, copies, a);
        int whole = Math.ceilDiv(end - first, 8) * 8;
        softmax(tile, first, end, whole, scores, part);
        values(tile, first, begin, end, whole, scores, panel, part, copies, a);
    }

    private void scores(
            Tile tile,
            int first,
            int begin,
            int end,
            long queryAt,
            long scores,
            long panel,
            long copies,
            MemorySegment a) {
        int tileRows = ManyTokens.Tile.ofFloats(lanes).strips() * lanes.rows;
        long stripBytes = (long) lanes.bytes * call.padded();
        if (copied) {
            copy(tile, begin, end, call.pages.keys(tile.head), copies);
        }
        set(a, Arguments.STRIDE, call.pages.type().bytes(call.padded()));
        set(a, Arguments.BLOCKS, call.padded() / GROUP);
        set(a, Arguments.PANEL_BYTES, stripBytes);
        set(a, Arguments.RUNS, call.padded() / ManyTokens.FLOATS_AT_A_TIME);
        set(a, Arguments.RECORDS, queryAt);
        set(a, Arguments.TOKEN_BYTES, 4L * call.padded());
        set(a, Arguments.OUTPUT_BYTES, 4L * PIECE);
        for (int j = begin; j < end; j += KeyStrips.POSITIONS) {
            if (copied) {
                for (int row = 0; row < KeyStrips.POSITIONS && j + row < end; row += lanes.rows) {
                    long at = row(tile, j + row, begin, call.pages.keys(tile.head), copies);
                    set(a, Arguments.WEIGHTS, at);
                    set(a, Arguments.NEXT, at);
                    set(a, Arguments.PANEL, panel + row / lanes.rows * stripBytes);
                    unpackKeys.callBriefly(a.address(), 0, 0, 0);
                }
            } else {
                long at = row(tile, j, begin, call.pages.keys(tile.head), copies);
                unpackKeys.callBriefly(at, panel, stripBytes, call.padded() / GROUP);
            }
            for (int row = 0; row < KeyStrips.POSITIONS && j + row < end; row += tileRows) {
                set(a, Arguments.PANEL, panel + row / lanes.rows * stripBytes);
                set(a, Arguments.OUTPUT, scores + 4L * (j + row - first));
                products.callBriefly(a.address(), 0, 0, 0);
            }
        }
    }

    /** Scores of each query become weights, up to {@code whole}; what it does not see has none. */
    private void softmax(Tile tile, int first, int end, int whole, long scores, long part) {
        long states = part + call.states(tile.tokens * call.group);
        for (int token = 0; token < tile.tokens; token++) {
            int position = tile.position + token;
            int from = Math.max(first, call.reach.first(position)) - first;
            int to = Math.min(end, position + 1) - first;
            long ofToken = scores + (long) token * call.group * 4 * PIECE;
            long state = states + token * call.group * 8L;
            if (from < to) {
                softmax.callBriefly(ofToken, from, to, whole, call.how(), state);
                continue;
            }
            for (int row = 0; row < call.group; row++) {
                Memory.clear(ofToken + row * 4L * PIECE, 4L * whole);
                AttentionCall.seenNothing(state + row * 8L);
            }
        }
    }

    private void values(
            Tile tile,
            int first,
            int begin,
            int end,
            int whole,
            long scores,
            long panel,
            long part,
            long copies,
            MemorySegment a) {
        int tileRows = ManyTokens.Tile.ofFloats(lanes).strips() * lanes.rows;
        if (copied) {
            copy(tile, begin, end, call.pages.values(tile.head), copies);
        }
        int skipped = begin - first;
        long valueBytes = (long) lanes.bytes * PIECE;
        set(a, Arguments.PANEL_BYTES, valueBytes);
        set(a, Arguments.RUNS, (whole - skipped) / ManyTokens.FLOATS_AT_A_TIME);
        set(a, Arguments.RECORDS, scores + 4L * skipped);
        set(a, Arguments.TOKEN_BYTES, 4L * PIECE);
        set(a, Arguments.OUTPUT_BYTES, 4L * call.padded());
        for (int d = 0; d < call.padded(); d += GROUP) {
            long ofRow = call.pages.type().bytes(d);
            for (int j = begin; j < first + whole; ) {
                int page = copied ? first + whole : (j / call.pages.blockTokens() + 1) * call.pages.blockTokens();
                int next = Math.min(first + whole, page);
                long from = row(tile, j, begin, call.pages.values(tile.head), copies) + ofRow;
                long to = panel + (long) (j - begin) * lanes.bytes;
                long rowBytes = copied ? call.pages.type().bytes(call.padded()) : call.pages.rowBytes();
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

    private void copyQueries(Tile tile, long target) {
        int together = call.padded() == call.pages.headSize() ? call.group : 1; // heads that are copied in one piece
        long bytes = 4L * call.pages.headSize();
        for (int row = 0; row < tile.tokens * call.group; row += together) {
            long from = call.place(tile, row);
            long to = target + row * 4L * call.padded();
            Memory.copy(call.queries.address() + 4 * from, to, together * bytes);
            if (call.padded() > call.pages.headSize()) {
                Memory.clear(to + bytes, 4L * call.padded() - bytes);
            }
        }
    }

    /** Where the row of a position is: in its page, or among the copies. */
    private long row(Tile tile, int position, int begin, long head, long copies) {
        if (copied) {
            return copies + (position - begin) * call.pages.type().bytes(call.padded());
        }
        return call.pages.page(tile.span, position).address() + head + call.pages.row(tile.span, position);
    }

    /** Copies rows one behind the other, filled up with zeros. */
    private void copy(Tile tile, int begin, int end, long head, long copies) {
        Memory.clear(copies, copyBytes());
        for (int position = begin; position < end; position++) {
            long page = call.pages.page(tile.span, position).address();
            Memory.copy(
                    page + head + call.pages.row(tile.span, position),
                    copies + (position - begin) * call.pages.type().bytes(call.padded()),
                    call.pages.rowBytes());
        }
    }

    private static void set(MemorySegment arguments, int offset, long value) {
        arguments.set(JAVA_LONG, offset, value);
    }
}
