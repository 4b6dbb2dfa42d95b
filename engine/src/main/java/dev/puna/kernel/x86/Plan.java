package dev.puna.kernel.x86;

import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.kernel.x86.ManyTokens.Tile;
import dev.puna.tensor.DType;
import java.util.function.Supplier;

/**
 * How weights of one type are multiplied at one level.
 *
 * @param straightRecord what {@code straight} needs of the activations
 * @param record what {@code many} needs of them
 * @param panelBytes bytes of a run of one strip in a panel
 * @param arrangement of the runs of a row
 * @param blockColumns columns that unpacking takes at a time, and their bytes
 * @param straightRows rows of a unit of {@code straight}
 * @param tileRows rows of a tile of {@code many}
 * @param overrun tokens behind the last whose activations and sums {@code many} may read
 * @param straight {@link OneToken}, {@link FourRows} or {@link FloatRows}
 * @param unpack {@link Unpack}
 * @param many {@link ManyTokens} or {@link TileTokens}
 */
record Plan(
        Activations straightRecord,
        Activations record,
        int panelBytes,
        Arrangement arrangement,
        int blockColumns,
        int blockBytes,
        int straightRows,
        int tileRows,
        int overrun,
        Straight straight,
        Function unpack,
        Function many) {
    private static final int PANEL_COLUMNS = 512;
    /** Floats are longer than codes, and so are codes as bf16. */
    private static final int WIDE_PANEL_COLUMNS = 256;

    /** Runs of a panel, about: so many that a tile's panels stay in the nearest cache. */
    static int panelRuns(Activations record) {
        boolean wide = switch (record) {
            case FLOATS, FOURTHS, PAIRED_PARTS -> true;
            case SPLIT, SPLIT_HALVES, PAIRS, SUMMED_PAIRS -> true;
            default -> false;
        };
        return (wide ? WIDE_PANEL_COLUMNS : PANEL_COLUMNS) / record.columns;
    }

    /** How often {@code many} goes round for that many runs. */
    int rounds(int runs) {
        return switch (record) {
            case FLOATS, FOURTHS -> runs * record.columns / ManyTokens.FLOATS_AT_A_TIME;
            default -> runs;
        };
    }

    static boolean has(DType type) {
        return Formats.has(type) || type == DType.F32 || type == DType.F16 || type == DType.BF16;
    }

    /** @param assembler makes what assembles the kernels that use tiles */
    static Plan of(Level level, DType type, Supplier<Assembler> assembler) throws Refused {
        if (Formats.has(type)) {
            return level == Level.AMX
                    ? codesInTiles(type, assembler)
                    : whole(level, type) ? wholeScales(level.lanes, type) : codes(level.lanes, type);
        }
        return level == Level.AMX ? floatsInTiles(type, assembler) : floats(level.lanes, type);
    }

    /** In one line for people: what is multiplied, and by which instruction. */
    static String how(Level level, DType type) {
        boolean tiles = level == Level.AMX;
        boolean ofCodes = Formats.has(type);
        Arrangement arrangement = tiles && !ofCodes ? Arrangement.IN_ORDER : Arrangement.of(level.lanes, type);
        int most = arrangement.straight(tiles ? Activations.SPLIT : Activations.BYTES);
        String few = most == 1 ? "one token" : "1 to " + most + " tokens";
        String ofFew = switch (arrangement) {
            case IN_ORDER -> "";
            case ABREAST -> " (%s: 4 rows of 4 blocks)".formatted(few);
            case FOURS, SIXES, LEVELS -> " (%s: 4 rows of 4 parts)".formatted(few);
            case LINES -> " (%s: %d rows of 4 parts)".formatted(few, FloatRows.rows(type));
        };
        String rows = "%d rows in lanes%s".formatted(level.lanes.rows, ofFew);
        if (!ofCodes) {
            return tiles
                    ? rows + ", weights and activations as two bf16 each (tdpbf16ps)"
                    : rows + ", f32 multiply-adds (vfmadd231ps)";
        }
        Routine routine = new Routine(level.lanes);
        Codes codes = Formats.of(type, routine).codes();
        String how = tiles
                ? "bf16 activations (tdpbf16ps, of few tokens vpdpbusd)"
                : switch (Products.of(routine, codes)) {
                    case QuadProducts _ -> "8-bit activations (vpdpbusd)";
                    case PairProducts _ -> "%d-bit activations (vpmaddubsw)".formatted(codes.bits() == 8 ? 7 : 8);
                    case Products _ -> "16-bit activations (vpmaddwd)";
                };
        String scales = whole(level, type) ? "whole scales" : "scales in f32";
        return "%s, %d-bit codes by %s, %s".formatted(rows, codes.bits(), how, scales);
    }

    /** Whether scales stay whole numbers. */
    private static boolean whole(Level level, DType type) {
        return level != Level.AMX && Formats.hasWhole(level.lanes, type);
    }

    private static Plan wholeScales(Lanes lanes, DType type) throws Refused {
        Routine routine = new Routine(lanes);
        Codes codes = Formats.whole(type, routine).codes();
        Activations record = OneToken.wholeRecord(lanes);
        return new Plan(
                record,
                record,
                Unpack.blockPanelBytes(routine, codes),
                Arrangement.IN_ORDER,
                type.blockSize(),
                type.blockBytes(),
                OneToken.rows(lanes, type),
                Tile.ofWholeScales(lanes).strips() * lanes.rows,
                0,
                new Straight(1, _ -> OneToken.wholeScales(lanes, type)),
                CodePage.load(Unpack.wholeScales(lanes, type)),
                CodePage.load(ManyTokens.wholeScales(lanes, codes)));
    }

    private static Plan codes(Lanes lanes, DType type) throws Refused {
        Routine routine = new Routine(lanes);
        Codes codes = Formats.of(type, routine).codes();
        Products products = Products.of(routine, codes);
        Arrangement arrangement = Arrangement.of(lanes, type);
        return new Plan(
                products.record(),
                products.record(),
                Panel.of(lanes, codes, products).runBytes(),
                arrangement,
                type.blockSize(),
                type.blockBytes(),
                arrangement.rows(lanes, type),
                Tile.of(lanes, codes).strips() * lanes.rows,
                0,
                new Straight(
                        arrangement.straight(products.record()),
                        tokens -> arrangement.kernel(lanes, type, tokens, Products::ofOne, products.record())),
                CodePage.load(Unpack.codes(lanes, type, arrangement, Products::of)),
                CodePage.load(ManyTokens.quantised(lanes, codes, arrangement.lanes > 1)));
    }

    private static Plan floats(Lanes lanes, DType type) throws Refused {
        Arrangement arrangement = Arrangement.of(lanes, type);
        boolean lines = arrangement == Arrangement.LINES;
        Activations record = lines ? Activations.FOURTHS : Activations.FLOATS;
        return new Plan(
                Activations.FLOATS,
                record,
                record.columns * lanes.bytes,
                arrangement,
                Activations.FLOATS.columns,
                Activations.FLOATS.columns * type.blockBytes(),
                arrangement.rows(lanes, type),
                Tile.ofFloats(lanes).strips() * lanes.rows,
                0,
                new Straight(1, _ -> lines ? FloatRows.kernel(type) : OneToken.floats(lanes, type)),
                CodePage.load(lines ? Unpack.lines(lanes, type) : Unpack.floats(lanes, type)),
                CodePage.load(ManyTokens.floats(lanes, lines)));
    }

    private static Plan codesInTiles(DType type, Supplier<Assembler> assembler) throws Refused {
        Lanes lanes = Level.AMX.lanes;
        Routine routine = new Routine(lanes);
        Codes codes = Formats.of(type, routine).codes();
        Activations straight = TileProducts.one(routine, codes).record();
        Products pairs = TileProducts.pairs(routine, codes);
        Panel panel = Panel.of(lanes, codes, pairs);
        Arrangement arrangement = Arrangement.of(lanes, type);
        return new Plan(
                straight,
                pairs.record(),
                panel.runBytes(),
                arrangement,
                type.blockSize(),
                type.blockBytes(),
                arrangement.rows(lanes, type),
                TileTokens.STRIPS * lanes.rows,
                TileTokens.CODE_TOKENS,
                new Straight(
                        arrangement.straight(straight),
                        tokens -> arrangement.kernel(lanes, type, tokens, TileProducts::one, straight)),
                CodePage.load(Unpack.codes(lanes, type, arrangement, TileProducts::pairs)),
                CodePage.load(TileTokens.codes(panel, pairs.record(), arrangement.lanes > 1, assembler.get())));
    }

    private static Plan floatsInTiles(DType type, Supplier<Assembler> assembler) throws Refused {
        Lanes lanes = Level.AMX.lanes;
        return new Plan(
                Activations.PARTS,
                Activations.PAIRED_PARTS,
                TileFloats.runBytes(type),
                Arrangement.IN_ORDER,
                Activations.PARTS.columns,
                Activations.PARTS.columns * type.blockBytes(),
                OneToken.rows(lanes, type),
                TileTokens.STRIPS * lanes.rows,
                TileTokens.FLOAT_TOKENS,
                new Straight(1, _ -> TileFloats.one(type)),
                CodePage.load(TileFloats.unpack(type)),
                CodePage.load(TileTokens.floats(TileFloats.parts(type), assembler.get())));
    }
}
