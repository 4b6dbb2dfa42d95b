package dev.puna.kernel.x86;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Workers;
import java.lang.foreign.Arena;

/** The tier {@code amx} on machines with AVX-512 and without tiles, for tests of whole models. */
public final class EmulatedAmx {
    private EmulatedAmx() {}

    /** Whether what takes the tiles' place runs here. */
    public static boolean runsHere() {
        try {
            return Level.AVX512.missing(Cpu.ask()).isEmpty();
        } catch (CodePage.Refused refused) {
            return false;
        }
    }

    /**
     * Kernels for one token at a time: these need no tiles and give the bits that tiles give ({@link MatmulTest} compares
     * them), so nothing is emulated and several threads may share the work.
     */
    public static Kernels oneTokenAtATime(Workers workers) {
        try {
            return new X86(Level.AMX, workers, () -> new EmulatedTiles(Arena.ofAuto()));
        } catch (CodePage.Refused refused) {
            throw new IllegalStateException(refused);
        }
    }
}
