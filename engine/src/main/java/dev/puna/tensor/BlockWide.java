package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The types a model file may hold besides weights: F64 and two's complement integers. Decoding rounds to the nearest
 * float; encoding to an integer rounds ties to even and saturates (NaN becomes 0).
 */
enum BlockWide implements BlockFormat {
    F64(8) {
        @Override
        float get(MemorySegment source, long offset) {
            return (float) source.get(Le.DOUBLE, offset);
        }

        @Override
        void put(MemorySegment target, long offset, float value) {
            target.set(Le.DOUBLE, offset, value);
        }
    },
    I8(1) {
        @Override
        float get(MemorySegment source, long offset) {
            return Le.i8(source, offset);
        }

        @Override
        void put(MemorySegment target, long offset, float value) {
            Le.putU8(target, offset, (int) Math.clamp(Math.rint(value), Byte.MIN_VALUE, Byte.MAX_VALUE));
        }
    },
    I16(2) {
        @Override
        float get(MemorySegment source, long offset) {
            return source.get(Le.SHORT, offset);
        }

        @Override
        void put(MemorySegment target, long offset, float value) {
            Le.putU16(target, offset, (int) Math.clamp(Math.rint(value), Short.MIN_VALUE, Short.MAX_VALUE));
        }
    },
    I32(4) {
        @Override
        float get(MemorySegment source, long offset) {
            return source.get(Le.INT, offset);
        }

        @Override
        void put(MemorySegment target, long offset, float value) {
            target.set(Le.INT, offset, (int) Math.rint(value));
        }
    },
    I64(8) {
        @Override
        float get(MemorySegment source, long offset) {
            return source.get(Le.LONG, offset);
        }

        @Override
        void put(MemorySegment target, long offset, float value) {
            target.set(Le.LONG, offset, (long) Math.rint(value));
        }
    };

    private final int width;

    BlockWide(int width) {
        this.width = width;
    }

    abstract float get(MemorySegment source, long offset);

    abstract void put(MemorySegment target, long offset, float value);

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            Le.putF32(target, targetOffset + i * 4, get(source, sourceOffset + i * width));
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            put(target, targetOffset + i * width, Le.f32(source, sourceOffset + i * 4));
        }
    }
}
