package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;
import java.util.Arrays;
import java.util.function.Consumer;

/** Blocks of a strip's rows to a panel, while what comes next is fetched. */
final class Unpack {
    private Unpack() {}

    /**
     * The codes of a quantised type.
     *
     * @param arrangement how runs are dealt to panels
     */
    static byte[] codes(Lanes lanes, DType type, Arrangement arrangement, Products.Maker maker) {
        Routine routine = new Routine(lanes);
        Rows rows = rows(routine);
        Format format = Formats.of(type, routine);
        Products products = maker.of(routine, format.codes());
        Panel.Filling filling = new Panel.Filling(routine, products, format.codes(), arrangement, RCX);
        int groups = format.runs() * Codes.GROUPS;
        int runs = arrangement.inBlock() ? arrangement.together : format.runs();
        blocks(
                routine,
                rows,
                format.scratchVectors(),
                type.blockBytes(),
                runs * filling.panel().runBytes(),
                arrangement == Arrangement.ABREAST ? filling.laneBytes() : 0,
                groups,
                fetch -> format.block(routine, rows, fetch.before(filling), Mem.at(RSP)));
        return routine.a.finish();
    }

    /** The codes of a type whose scales are whole numbers. */
    static byte[] wholeScales(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Rows rows = rows(routine);
        Format format = Formats.whole(type, routine);
        Codes codes = format.codes();
        Sink filling = lanes == Lanes.SIXTEEN
                ? new BlockPanel.Filling(routine, codes, RCX)
                : new PairedPanel.Filling(routine, codes, RCX);
        int groups = format.runs() * Codes.GROUPS;
        blocks(
                routine,
                rows,
                format.scratchVectors(),
                type.blockBytes(),
                blockPanelBytes(routine, codes),
                0,
                groups,
                fetch -> format.block(routine, rows, fetch.before(filling), Mem.at(RSP)));
        return routine.a.finish();
    }

    /** Bytes of such a block of a strip in a panel. */
    static int blockPanelBytes(Routine routine, Codes codes) {
        return routine.lanes == Lanes.SIXTEEN
                ? new BlockPanel(routine.lanes.bytes, codes.minima()).blockBytes()
                : PairedPanel.of(routine, codes).blockBytes();
    }

    /** Numbers, f32. */
    static byte[] floats(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        return floats(routine, type, Activations.FLOATS.columns * lanes.bytes, (column, values) -> {
            routine.a.op(VMOVUPS_STORE, Mem.at(RCX, column * lanes.bytes), values);
        });
    }

    /** The same, each four columns of sixteen in the panel of their lane. */
    static byte[] lines(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        int runBytes = Activations.FOURTHS.columns * lanes.bytes;
        int laneBytes = Plan.panelRuns(Activations.FOURTHS) * runBytes;
        return floats(routine, type, runBytes, (column, values) -> {
            int ofLane = column / 4 % Abreast.BLOCKS * laneBytes;
            int place = column / 16 * 4 + column % 4;
            routine.a.op(VMOVUPS_STORE, Mem.at(RCX, ofLane + place * lanes.bytes), values);
        });
    }

    /** Numbers as {@code sink} writes them to the panel in RCX. */
    static byte[] floats(Routine routine, DType type, int runBytes, FloatFormat.Sink sink) {
        Rows rows = rows(routine);
        FloatFormat format = new FloatFormat(routine, type);
        blocks(
                routine,
                rows,
                0,
                format.blockBytes(),
                runBytes,
                0,
                Activations.FLOATS.columns,
                fetch -> format.block(rows, fetch.before(sink)));
        return routine.a.finish();
    }

    private static Rows rows(Routine routine) {
        return new Rows(routine, Arrays.copyOf(new Gpr[] {R8, R9, R10, R11}, routine.lanes.rows / 4), RSI, RDX);
    }

    /**
     * The loop over blocks. RCX is the panel, RSP the scratch.
     *
     * @param panelBytes of a block in a panel
     * @param laneBytes from one panel to the next where blocks are dealt to several, or 0
     */
    private static void blocks(
            Routine routine,
            Rows rows,
            int scratchVectors,
            int blockBytes,
            int panelBytes,
            int laneBytes,
            int pieces,
            Consumer<Fetch> body) {
        Assembler a = routine.a;
        a.push(RBX);
        a.push(RBP);
        a.mov(RBP, RSP);
        a.sub(RSP, scratchVectors * routine.lanes.bytes);
        a.and(RSP, -64);
        a.load(RSI, Mem.at(RDI, Arguments.STRIDE));
        a.load(rows.first(), Mem.at(RDI, Arguments.WEIGHTS));
        a.load(RCX, Mem.at(RDI, Arguments.PANEL));
        a.load(RAX, Mem.at(RDI, Arguments.BLOCKS));
        a.load(RDI, Mem.at(RDI, Arguments.NEXT));
        a.mov(RBX, Abreast.BLOCKS);
        rows.begin();
        a.align(32);
        Label block = a.here();
        Fetch fetch = new Fetch(a, RDI, routine.lanes.rows * blockBytes, pieces);
        body.accept(fetch);
        fetch.advance();
        rows.advance(blockBytes);
        if (laneBytes > 0) {
            Label dealt = new Label();
            a.add(RCX, laneBytes);
            a.dec(RBX);
            a.jump(Condition.NOT_ZERO, dealt);
            a.mov(RBX, Abreast.BLOCKS);
            a.add(RCX, panelBytes - Abreast.BLOCKS * laneBytes);
            a.bind(dealt);
        } else {
            a.add(RCX, panelBytes);
        }
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, block);
        a.mov(RSP, RBP);
        a.pop(RBP);
        a.pop(RBX);
        a.vzeroupper();
        a.ret();
    }
}
