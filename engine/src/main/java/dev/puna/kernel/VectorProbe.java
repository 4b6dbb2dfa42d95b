package dev.puna.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** What the Vector API reaches: fused multiply-adds of f32, whatever the weights are. */
final class VectorProbe implements Probe {
    private static final int SUMS = 8;

    private final PlainProbe plain = new PlainProbe();
    private float seen;

    @Override
    public void read(MemorySegment memory, int streams) {
        plain.read(memory, streams);
    }

    @Override
    public long multiplyAdds(Numbers numbers, int rounds) {
        FloatVector x = FloatVector.broadcast(Lanes.F, 0.5f + seen * 0x1p-80f);
        FloatVector y = FloatVector.broadcast(Lanes.F, 0.75f);
        FloatVector a = x;
        FloatVector b = x;
        FloatVector c = x;
        FloatVector d = x;
        FloatVector e = x;
        FloatVector f = x;
        FloatVector g = x;
        FloatVector h = x;
        for (int i = 0; i < rounds; i++) {
            a = x.fma(y, a);
            b = x.fma(y, b);
            c = x.fma(y, c);
            d = x.fma(y, d);
            e = x.fma(y, e);
            f = x.fma(y, f);
            g = x.fma(y, g);
            h = x.fma(y, h);
        }
        seen += a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).lane(0);
        return (long) SUMS * Lanes.COUNT * rounds;
    }

    @Override
    public String mix(Numbers numbers) {
        return "f32 fma, Vector API, %d lanes".formatted(Lanes.COUNT);
    }
}
