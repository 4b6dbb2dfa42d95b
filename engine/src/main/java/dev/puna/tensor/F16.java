package dev.puna.tensor;

/** The scales of blocks are stored as f16. */
final class F16 {
    private static final float MOST = 65504;

    private F16() {}

    /** The nearest value that an f16 can hold; what is too large for it becomes its largest. */
    static float nearest(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(Math.clamp(value, -MOST, MOST)));
    }
}
