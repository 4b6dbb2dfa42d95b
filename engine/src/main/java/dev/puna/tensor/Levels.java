package dev.puna.tensor;

/** The few numbers that a block can hold before its scale: whole numbers in a row, or any rising table. */
final class Levels {
    private final float[] values;

    /** Of a table of whole numbers, the nearest level of each half unit from the least on; empty for a row. */
    private final byte[] nearest;

    private Levels(float[] values, byte[] nearest) {
        this.values = values;
        this.nearest = nearest;
    }

    /** Every whole number from {@code least} to {@code most}. */
    static Levels row(int least, int most) {
        float[] values = new float[most - least + 1];
        for (int i = 0; i < values.length; i++) {
            values[i] = least + i;
        }
        return new Levels(values, new byte[0]);
    }

    /** The whole numbers of a rising table. */
    static Levels table(byte... rising) {
        float[] values = new float[rising.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = rising[i];
        }
        // Levels are whole, so the middle between two is a whole number of halves: no half unit is cut by it.
        byte[] nearest = new byte[2 * (rising[rising.length - 1] - rising[0])];
        int level = 0;
        for (int half = 0; half < nearest.length; half++) {
            float inside = values[0] + half / 2f + 0.25f;
            while (level + 1 < values.length && values[level + 1] - inside < inside - values[level]) {
                level++;
            }
            nearest[half] = (byte) level;
        }
        return new Levels(values, nearest);
    }

    float least() {
        return values[0];
    }

    float most() {
        return values[values.length - 1];
    }

    float value(int index) {
        return values[index];
    }

    /** Index of the level nearest to {@code number}. */
    int nearest(float number) {
        if (nearest.length == 0) {
            return Math.clamp((int) Math.rint(number) - (int) values[0], 0, values.length - 1);
        }
        int half = (int) Math.floor((number - values[0]) * 2);
        return half < nearest.length ? nearest[Math.max(half, 0)] : values.length - 1;
    }
}
