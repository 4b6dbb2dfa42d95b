package dev.puna.kernel;

import java.lang.foreign.MemorySegment;

/** Work that reaches a limit of one core, and is good for nothing else: what {@link Roofline} measures with. */
public interface Probe {

    /** What is multiplied: it decides which instructions a tier multiplies with. */
    enum Numbers {
        /** Weights of 32 or 16 bits, multiplied as f32. */
        FLOATS,
        /** Codes of quantised weights. */
        CODES
    }

    /**
     * Touches every line of the memory once, from its start to its end in so many streams side by side.
     *
     * @param memory a multiple of {@link #READ_UNIT} bytes
     * @param streams 1 or 4
     */
    void read(MemorySegment memory, int streams);

    /** What memory to be read is a multiple of. */
    int READ_UNIT = 4096;

    /** Multiplies and adds for a while as the tier's kernels do, all in registers; how often it did. */
    long multiplyAdds(Numbers numbers, int rounds);

    /** The instructions that it multiplies with. */
    String mix(Numbers numbers);
}
