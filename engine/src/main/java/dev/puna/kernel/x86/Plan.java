package dev.puna.kernel.x86;

import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.kernel.x86.ManyTokens.Tile;
import dev.puna.tensor.DType;

/**
 * How weights of one type are multiplied at one level.
 *
 * @param record what it needs of the activations
 * @param panelBytes bytes of a run of one strip in a panel
 * @param blockColumns columns that unpacking takes at a time, and their bytes
 * @param oneRows rows of a unit of {@code one}
 * @param tileRows rows of a tile of {@code many}
 * @param one {@link OneToken}
 * @param unpack {@link Unpack}
 * @param many {@link ManyTokens}
 */
record Plan(
        DType type,
        Activations record,
        int panelBytes,
        int blockColumns,
        int blockBytes,
        int stripRows,
        int oneRows,
        int tileRows,
        Function one,
        Function unpack,
        Function many) {
    private static final int PANEL_COLUMNS = 512;
    /** Unpacked floats are four times as long as codes. */
    private static final int FLOAT_PANEL_COLUMNS = 256;

    /** Runs of a panel, about: so many that a tile's panels stay in the nearest cache. */
    static int panelRuns(Activations record) {
        return (record == Activations.FLOATS ? FLOAT_PANEL_COLUMNS : PANEL_COLUMNS) / record.columns;
    }

    /** How often {@code many} goes round for that many runs. */
    int rounds(int runs) {
        return record == Activations.FLOATS ? runs * Activations.FLOATS.columns / ManyTokens.FLOATS_AT_A_TIME : runs;
    }

    static boolean has(DType type) {
        return Formats.has(type) || type == DType.F32 || type == DType.F16 || type == DType.BF16;
    }

    static Plan of(Lanes lanes, DType type) throws Refused {
        Function one = CodePage.load(OneToken.kernel(lanes, type));
        Function unpack = CodePage.load(Unpack.kernel(lanes, type, false));
        int oneRows = OneToken.strips(type) * lanes.rows;
        if (!Formats.has(type)) {
            return new Plan(
                    type,
                    Activations.FLOATS,
                    Activations.FLOATS.columns * lanes.bytes,
                    Activations.FLOATS.columns,
                    Activations.FLOATS.columns * type.blockBytes(),
                    lanes.rows,
                    oneRows,
                    Tile.ofFloats(lanes).strips() * lanes.rows,
                    one,
                    unpack,
                    CodePage.load(ManyTokens.floats(lanes)));
        }
        Routine routine = new Routine(lanes);
        Codes codes = Formats.of(type, routine).codes();
        Products products = Products.of(routine, codes);
        return new Plan(
                type,
                products.record(),
                Panel.of(lanes, codes, products).runBytes(),
                type.blockSize(),
                type.blockBytes(),
                lanes.rows,
                oneRows,
                Tile.of(lanes, codes).strips() * lanes.rows,
                one,
                unpack,
                CodePage.load(ManyTokens.quantised(lanes, codes)));
    }
}
