package dev.puna.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** What loops of plain Java reach. */
final class PlainProbe implements Probe {
    private static final int LANES = 8;

    private long seen;
    private float sum;

    @Override
    public void read(MemorySegment memory, int streams) {
        long part = memory.byteSize() / streams;
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        if (streams == 1) {
            for (long at = 0; at < part; at += 32) {
                a += memory.get(JAVA_LONG, at);
                b += memory.get(JAVA_LONG, at + 8);
                c += memory.get(JAVA_LONG, at + 16);
                d += memory.get(JAVA_LONG, at + 24);
            }
        } else {
            for (long at = 0; at < part; at += 8) {
                a += memory.get(JAVA_LONG, at);
                b += memory.get(JAVA_LONG, at + part);
                c += memory.get(JAVA_LONG, at + 2 * part);
                d += memory.get(JAVA_LONG, at + 3 * part);
            }
        }
        seen += a + b + c + d;
    }

    /** Sums of their own, so that one product need not wait for the one before. */
    @Override
    public long multiplyAdds(Numbers numbers, int rounds) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float e = 0;
        float f = 0;
        float g = 0;
        float h = 0;
        float x = 1 + seen * 0x1p-80f;
        for (int i = 0; i < rounds; i++) {
            a += x * i;
            b += x * (i + 1);
            c += x * (i + 2);
            d += x * (i + 3);
            e += x * (i + 4);
            f += x * (i + 5);
            g += x * (i + 6);
            h += x * (i + 7);
        }
        sum += a + b + c + d + e + f + g + h;
        return (long) LANES * rounds;
    }

    @Override
    public String mix(Numbers numbers) {
        return "f32 in plain Java";
    }
}
