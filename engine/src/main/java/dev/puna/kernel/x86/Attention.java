package dev.puna.kernel.x86;

import dev.puna.kernel.Pages;
import dev.puna.kernel.Reach;
import dev.puna.kernel.Scratch;
import dev.puna.kernel.Span;
import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.AttentionCall.Tile;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Attention over a paged cache. The cache is cut into pieces of {@link AttentionCall#PIECE} positions, the same for every
 * query. Each query has its largest score, sum of weights and weighted values in a piece ({@link FewAttention} and {@link
 * PanelAttention} take every sum in the same order); these are then put together piece by piece, in order. So a query
 * gets the same bits whether its pieces were the work of one thread or of many, and whatever queries shared them.
 *
 * <p>Where sequences decode, or there are fewer tiles than threads want, pieces are shared out: all heads of one, then of
 * the next, as they lie in memory.
 */
final class Attention {
    private static final int PIECE = AttentionCall.PIECE;
    /** With more bytes of parts than this, one thread takes all pieces of a tile, and jumps about in memory. */
    private static final long PARTS_BYTES = 32 << 20;

    private final Workers workers;
    private final AttentionCall call = new AttentionCall();
    private final FewAttention few;
    private final PanelAttention panels;
    private final Function merge;
    private final Function share;
    private final Scratch parts = new Scratch();
    /** By worker: the tile it works on. */
    private final Tile[] tiles;

    private final Workers.Task whole = this::whole;
    private final Workers.Task piece = this::piece;
    private final Workers.Task together = this::together;

    // What is being done
    private boolean inStrips;
    private int tileCount;
    private int mostPieces;
    /** Queries of the largest tile. */
    private int mostRows;
    /** By tile: its span, its first token in the batch, and how many there are of that span before it. */
    private int[] tileSpans = new int[16];

    private int[] tileTokens = new int[16];
    private int[] tileStarts = new int[16];

    Attention(Lanes lanes, Workers workers) throws Refused {
        this.workers = workers;
        tiles = new Tile[workers.threads()];
        Arrays.setAll(tiles, _ -> new Tile());
        Function softmax = CodePage.load(Softmax.softmax(lanes, 4 * PIECE));
        few = new FewAttention(lanes, call, softmax);
        panels = new PanelAttention(lanes, workers.threads(), call, softmax);
        merge = CodePage.load(Softmax.merge());
        share = CodePage.load(Softmax.share());
    }

    void run(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) throws Refused {
        call.set(queries, spans, pages, reach, scale, y);
        inStrips = KeyStrips.fit(pages);
        if (inStrips) {
            few.prepare();
        }
        panels.prepare();
        cut();
        int items = tileCount * pages.kvHeads();
        long partsBytes = items * (long) mostPieces * call.partBytes(mostRows);
        boolean inOrder = inStrips && mostRows == call.group && partsBytes <= PARTS_BYTES;
        if (mostPieces == 1 || !inOrder && items >= 4 * workers.threads()) {
            workers.run(items, whole);
        } else {
            parts.atLeast(partsBytes);
            workers.run(items * mostPieces, piece);
            workers.run(items, together);
        }
        call.spans = List.of();
    }

    /** Cuts the spans into tiles, which the workers share. */
    private void cut() {
        List<Span> spans = call.spans;
        int tiles = 0;
        int token = 0;
        mostPieces = 1;
        mostRows = 0;
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            for (int start = 0; start < span.length(); start += Tile.TOKENS) {
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
            mostRows = Math.max(mostRows, Math.min(span.length(), Tile.TOKENS) * call.group);
            mostPieces = Math.max(mostPieces, Math.ceilDiv(span.end(), PIECE));
        }
        tileCount = tiles;
    }

    private Tile which(int item, int worker) {
        Tile tile = tiles[worker];
        int i = item / call.pages.kvHeads();
        tile.head = item % call.pages.kvHeads();
        tile.spanIndex = tileSpans[i];
        tile.span = call.spans.get(tile.spanIndex);
        tile.token = tileTokens[i];
        tile.position = tile.span.start() + tileStarts[i];
        tile.tokens = Math.min(Tile.TOKENS, tile.span.length() - tileStarts[i]);
        return tile;
    }

    private int firstPiece(Tile tile) {
        return call.reach.first(tile.position) / PIECE;
    }

    private int lastPiece(Tile tile) {
        return (tile.end() - 1) / PIECE;
    }

    /** All pieces of a tile, one after the other. */
    private void whole(int item, int worker) {
        Tile tile = which(item, worker);
        int rows = tile.tokens * call.group;
        long bytes = call.partBytes(rows);
        long scratch =
                workers.scratch(worker, panels.pieceBytes(rows) + 2 * bytes).address();
        long sums = scratch + panels.pieceBytes(rows);
        piece(tile, firstPiece(tile), sums, scratch, worker);
        for (int i = firstPiece(tile) + 1; i <= lastPiece(tile); i++) {
            piece(tile, i, sums + bytes, scratch, worker);
            merge(sums, sums + bytes, rows);
        }
        finish(tile, sums);
    }

    /** One piece of a tile. */
    private void piece(int number, int worker) {
        int items = tileCount * call.pages.kvHeads();
        Tile tile = which(number % items, worker);
        int i = number / items;
        if (i < firstPiece(tile) || i > lastPiece(tile)) {
            return;
        }
        int rows = tile.tokens * call.group;
        long scratch = workers.scratch(worker, panels.pieceBytes(rows)).address();
        piece(tile, i, part(number % items, i), scratch, worker);
    }

    private long part(int item, int piece) {
        return parts.atLeast(0).address() + (item * (long) mostPieces + piece) * call.partBytes(mostRows);
    }

    /** Puts a tile's pieces together. */
    private void together(int item, int worker) {
        Tile tile = which(item, worker);
        int rows = tile.tokens * call.group;
        long sums = workers.scratch(worker, call.partBytes(rows)).address();
        clear(sums, rows);
        for (int i = firstPiece(tile); i <= lastPiece(tile); i++) {
            merge(sums, part(item, i), rows);
        }
        finish(tile, sums);
    }

    /** Sums of nothing. */
    private void clear(long part, int rows) {
        long states = part + call.states(rows);
        Memory.clear(part, states - part);
        for (int row = 0; row < rows; row++) {
            AttentionCall.seenNothing(states + row * 8L);
        }
    }

    private void merge(long sums, long part, int rows) {
        long states = call.states(rows);
        merge.callBriefly(sums, sums + states, part, part + states, call.padded(), rows);
    }

    private void finish(Tile tile, long sums) {
        int rows = tile.tokens * call.group;
        for (int row = 0; row < rows; row++) {
            share.callBriefly(
                    sums + row * 4L * call.padded(),
                    sums + call.states(rows) + row * 8L,
                    call.y.address() + 4 * call.place(tile, row),
                    call.pages.headSize());
        }
    }

    private void piece(Tile tile, int piece, long part, long scratch, int worker) {
        int first = piece * PIECE;
        int begin = Math.max(first, call.begin(tile.position));
        int end = Math.min(first + PIECE, tile.end());
        if (inStrips && tile.tokens == 1) {
            few.piece(tile, first, begin, end, scratch, part);
        } else {
            panels.piece(tile, first, begin, end, part, scratch, worker);
        }
    }
}
