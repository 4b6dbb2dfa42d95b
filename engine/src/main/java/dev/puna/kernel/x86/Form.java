package dev.puna.kernel.x86;

import dev.puna.kernel.Scratch;
import dev.puna.kernel.x86.CodePage.Refused;

/**
 * The activations of one token or of many as kernels read them, and how their runs make panels. Many tokens:
 * {@code [panel of runs][token][run]}, so that a panel meets its activations in one piece. One token: its runs in their order,
 * or, and then of few tokens too, as an {@link Arrangement} wants them.
 */
final class Form {
    final Activations record;
    final Arrangement arrangement;
    final Scratch memory = new Scratch();
    /** Of few tokens: a token's records as they come to their arrangement. */
    Function arrange = Function.NONE;

    int groupBytes;
    /** Runs of a row, the last one perhaps not full. */
    int runs;
    /** Runs of a panel at most. */
    int most;

    Form(Activations record, Arrangement arrangement) {
        this.record = record;
        this.arrangement = arrangement;
    }

    /** Whether the records are not in order: those of few tokens, one group of a token behind that of the one before. */
    boolean arranged(int tokens) {
        return tokens <= arrangement.straight(record) && arrangement != Arrangement.IN_ORDER;
    }

    void arrange() throws Refused {
        if (arrange == Function.NONE) {
            arrange = CodePage.load(arrangement.arranging(record));
            groupBytes = arrangement.groupBytes(record);
        }
    }

    /** Panels of a row of so many columns; in order nearly equal ones, and of whole blocks where all are. */
    void columns(int columns) {
        runs = Math.ceilDiv(columns, record.columns);
        if (arrangement == Arrangement.LINES) {
            runs = Math.ceilDiv(runs, arrangement.lanes) * arrangement.lanes;
        }
        most = Plan.panelRuns(record);
        if (arrangement == Arrangement.IN_ORDER) {
            int some = Math.ceilDiv(runs, Math.max(1, Math.round(runs / (float) most)));
            int whole = Math.max(1, 256 / record.columns);
            most = runs % whole == 0 ? Math.ceilDiv(some, whole) * whole : some;
        }
    }

    /** Runs that are prepared: whole groups where they are arranged. */
    int prepared(int tokens) {
        int group = arranged(tokens) ? arrangement.groupRuns() : 1;
        return Math.ceilDiv(runs, group) * group;
    }

    long bytes(int tokens) {
        if (arranged(tokens)) {
            return (long) tokens * prepared(tokens) / arrangement.groupRuns() * groupBytes;
        }
        int last = panels() - 1;
        return (long) tokens * (start(last) + arrangement.lanes * places(last)) * record.bytes;
    }

    /** The panels of all lanes belong to the same part of a row: so many runs, but for the last part. */
    private int partRuns() {
        return arrangement.lanes * most;
    }

    int panels() {
        int whole = runs / partRuns();
        int left = Math.ceilDiv(runs - whole * partRuns(), arrangement.together);
        return whole * arrangement.lanes + Math.min(arrangement.lanes, left);
    }

    /** The first run of a panel's part. */
    int start(int panel) {
        return panel / arrangement.lanes * partRuns();
    }

    /** Runs of a panel's part. */
    int part(int panel) {
        return Math.min(partRuns(), runs - start(panel));
    }

    /** Runs of a panel. */
    int runs(int panel) {
        return ofLane(part(panel), panel % arrangement.lanes);
    }

    /** Runs for which a token has room with each panel of the part. */
    int places(int panel) {
        return ofLane(part(panel), 0);
    }

    private int ofLane(int part, int lane) {
        int together = arrangement.together;
        return Math.ceilDiv(part - lane * together, arrangement.lanes * together) * together;
    }

    /** Where a token's records for a panel are. */
    long at(int panel, int token, int tokens) {
        int places = places(panel);
        int before = start(panel) + panel % arrangement.lanes * places;
        return ((long) before * tokens + (long) token * places) * record.bytes;
    }
}
