package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.Pages;
import dev.puna.kernel.Scratch;
import dev.puna.kernel.Span;
import dev.puna.kernel.x86.AttentionCall.Tile;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Attention of tiles of one token, straight from the cache: by {@link FewQueries}, which are told where strips lie. */
final class FewAttention {
    private final Lanes lanes;
    private final AttentionCall call;
    private final Function softmax;
    private final List<Made> mades = new ArrayList<>();
    private Made made = Made.NONE;
    /** Addresses of each span's strips, one span behind the other, and where each begins. */
    private final Scratch tables = new Scratch();

    private long[] starts = new long[16];

    FewAttention(Lanes lanes, AttentionCall call, Function softmax) {
        this.lanes = lanes;
        this.call = call;
        this.softmax = softmax;
    }

    /**
     * The kernels for one token's queries of a kind of heads. Where these are too many, they come in several turns, the
     * last of which may have fewer.
     */
    private record Made(DType type, int head, int group, int each, Function[] keys, Function[] values) {
        static final Made NONE = new Made(DType.F32, 0, 0, 0, new Function[0], new Function[0]);
    }

    /** Makes ready for what is asked now, which there must be strips for. */
    void prepare() throws Refused {
        made = made();
        tables();
    }

    private Made made() throws Refused {
        Pages pages = call.pages;
        for (int i = 0; i < mades.size(); i++) {
            Made known = mades.get(i);
            if (known.type == pages.type() && known.head == pages.headSize() && known.group == call.group) {
                return known;
            }
        }
        Function[] keys = new Function[Math.ceilDiv(call.group, FewQueries.most(lanes))];
        Function[] values = new Function[keys.length];
        int each = Math.ceilDiv(call.group, keys.length);
        for (int i = 0; i < keys.length; i++) {
            int queries = Math.min(each, call.group - i * each);
            FewQueries kernels = new FewQueries(lanes, pages.type(), queries, pages.headSize(), AttentionCall.PIECE);
            keys[i] = CodePage.load(kernels.keys());
            values[i] = CodePage.load(kernels.values());
        }
        Made another = new Made(pages.type(), pages.headSize(), call.group, each, keys, values);
        mades.add(another);
        return another;
    }

    /** Writes where the strips are of those spans that have a tile of one token, the head's place still to be added. */
    private void tables() {
        List<Span> spans = call.spans;
        if (starts.length < spans.size()) {
            starts = new long[2 * spans.size()];
        }
        long entries = 0;
        for (int i = 0; i < spans.size(); i++) {
            starts[i] = entries;
            if (Tile.oneHasOneToken(spans.get(i))) {
                entries += Math.ceilDiv(spans.get(i).end(), KeyStrips.POSITIONS) + FewQueries.AHEAD;
            }
        }
        MemorySegment table = tables.atLeast(8 * entries);
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            if (!Tile.oneHasOneToken(span)) {
                continue;
            }
            int end = Math.ceilDiv(span.end(), KeyStrips.POSITIONS);
            long address = 0;
            for (int strip = call.begin(span.end() - 1) / KeyStrips.POSITIONS;
                    strip < end + FewQueries.AHEAD;
                    strip++) {
                if (strip < end) {
                    int position = strip * KeyStrips.POSITIONS;
                    address = call.pages.page(span, position).address() + call.pages.row(span, position);
                }
                table.set(JAVA_LONG, 8 * (starts[i] + strip), address);
            }
        }
    }

    /**
     * One token's queries in a piece that begins at {@code first}, of which they see positions from {@code begin} to
     * {@code end}.
     *
     * @param scores memory for the scores
     * @param part gets sums and states
     */
    void piece(Tile tile, int first, int begin, int end, long scores, long part) {
        Pages pages = call.pages;
        long table = tables.atLeast(0).address() + 8 * (starts[tile.spanIndex] + begin / KeyStrips.POSITIONS);
        int strips = Math.ceilDiv(end - begin, KeyStrips.POSITIONS);
        long keys = pages.keys(tile.head);
        long values = pages.values(tile.head);
        long next = pages.keys((tile.head + 1) % pages.kvHeads());
        long query = call.queries.address() + 4 * call.place(tile, 0);
        long from = scores + 4L * (begin - first);
        for (int i = 0; i < made.keys.length; i++) {
            long skipped = 4L * i * made.each;
            long to = from + skipped * AttentionCall.PIECE;
            made.keys[i].callBriefly(table, keys, values, strips, query + skipped * pages.headSize(), to);
        }
        int seen = Math.max(first, call.reach.first(tile.position)) - first;
        int whole = begin - first + strips * KeyStrips.POSITIONS;
        softmax.callBriefly(scores, seen, end - first, whole, call.how(), part + call.states(call.group));
        for (int i = 0; i < made.values.length; i++) {
            long skipped = 4L * i * made.each;
            long weights = from + skipped * AttentionCall.PIECE;
            made.values[i].callBriefly(table, values, next, strips, weights, part + skipped * call.padded());
        }
    }
}
