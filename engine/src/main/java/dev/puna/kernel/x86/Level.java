package dev.puna.kernel.x86;

import dev.puna.kernel.x86.Cpu.Feature;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The levels of machine code, each complete; a processor has all below its own. */
enum Level {
    AVX2("avx2", "AVX2, FMA and F16C", Lanes.EIGHT, Feature.AVX2, Feature.FMA, Feature.F16C),
    AVX512(
            "avx512",
            "AVX-512 with VNNI",
            Lanes.SIXTEEN,
            Feature.AVX2,
            Feature.FMA,
            Feature.F16C,
            Feature.AVX512F,
            Feature.AVX512BW,
            Feature.AVX512VL,
            Feature.AVX512DQ,
            Feature.AVX512VNNI),
    AMX(
            "amx",
            "AMX tiles",
            Lanes.SIXTEEN,
            Feature.AVX2,
            Feature.FMA,
            Feature.F16C,
            Feature.AVX512F,
            Feature.AVX512BW,
            Feature.AVX512VL,
            Feature.AVX512DQ,
            Feature.AVX512VNNI,
            Feature.AMXTILE,
            Feature.AMXBF16,
            Feature.AMXINT8);

    /** As {@code --tier} takes it. */
    final String tier;

    final String description;
    final Lanes lanes;
    private final Set<Feature> needs;

    Level(String tier, String description, Lanes lanes, Feature... needs) {
        this.tier = tier;
        this.description = description;
        this.lanes = lanes;
        this.needs = EnumSet.copyOf(List.of(needs));
    }

    /** What this level needs and the processor has not. */
    List<Feature> missing(Cpu cpu) {
        return cpu.lacks(needs);
    }
}
