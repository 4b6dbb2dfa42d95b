package dev.puna.kernel.x86;

import dev.puna.tensor.DType;

/** The formats by type. */
final class Formats {
    private Formats() {}

    static boolean has(DType type) {
        return switch (type) {
            case Q4_0, Q4_1, IQ4_NL, MXFP4, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS -> true;
            default -> false;
        };
    }

    /** Whether a type's blocks can be taken apart with whole scales. */
    static boolean hasWhole(Lanes lanes, DType type) {
        return switch (type) {
            case Q2_K, Q3_K -> true;
            case Q4_K, Q5_K, Q6_K -> lanes == Lanes.EIGHT;
            default -> false;
        };
    }

    /** With whole scales. */
    static Format whole(DType type, Routine routine) {
        return switch (type) {
            case Q2_K, Q3_K -> new TwosAndThrees(type, routine, true);
            case Q4_K, Q5_K -> new FoursAndFives(type, routine, true);
            case Q6_K -> new Sixes(routine, true);
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    /** With scales in f32. */
    static Format of(DType type, Routine routine) {
        return switch (type) {
            case Q4_0, Q4_1, IQ4_NL, MXFP4 -> new Nibbles(type, routine);
            case Q5_0, Q5_1 -> new Fives(type, routine);
            case Q8_0 -> new Bytes();
            case Q2_K, Q3_K -> new TwosAndThrees(type, routine, false);
            case Q4_K, Q5_K -> new FoursAndFives(type, routine, false);
            case Q6_K -> new Sixes(routine, false);
            case IQ4_XS -> new Levels(routine);
            default -> throw new IllegalArgumentException(type.name());
        };
    }
}
