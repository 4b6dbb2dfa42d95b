package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Machine code that can be called. It takes up to six 64-bit arguments in the registers that the System V convention
 * gives them, {@code rdi, rsi, rdx, rcx, r8, r9}, and returns {@code rax}.
 *
 * @param address where its first instruction is
 * @param bytes how long it is
 */
record Function(MemorySegment address, int bytes) {
    /** In place of one that is still to be made. */
    static final Function NONE = new Function(MemorySegment.NULL, 0);

    /**
     * A call by address is as fast as a bound one, since these handles are constants: 7 ns, or 3 for a critical one. There
     * is one signature for all code, ours and the C library's, because Java takes its time to link one.
     */
    private static final class Normal {
        static final MethodHandle HANDLE = Linker.nativeLinker().downcallHandle(SIX);
    }

    private static final class Critical {
        static final MethodHandle HANDLE = Linker.nativeLinker().downcallHandle(SIX, Linker.Option.critical(false));
    }

    private static final FunctionDescriptor SIX =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /** Why no code can be called, if that is so. */
    static Optional<String> hindrance() {
        try {
            boolean _ = Normal.HANDLE.isVarargsCollector(); // links it
            return Optional.empty();
        } catch (ExceptionInInitializerError refused) {
            return Optional.of("Java may not call native code (" + refused.getCause() + ")");
        } catch (NoClassDefFoundError again) {
            return Optional.of("Java may not call native code");
        }
    }

    /** Links brief calls, which takes its time, ahead of the first. */
    static void prepare() {
        boolean _ = Critical.HANDLE.isVarargsCollector();
    }

    /** A function of the C library whose arguments are whole numbers and addresses, not more than six. */
    static Function ofLibrary(String name) {
        MemorySegment address = Linker.nativeLinker()
                .defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
        return new Function(address, 0);
    }

    long call(long a, long b, long c, long d, long e, long f) {
        try {
            return (long) Normal.HANDLE.invokeExact(address, a, b, c, d, e, f);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    long call(long a, long b, long c, long d) {
        return call(a, b, c, d, 0, 0);
    }

    /**
     * A call of no more than a few microseconds: a garbage collection waits until it ends. Other calls tell the JVM that
     * they are back, and before that all they wrote must have left the core: that takes longer than the call itself.
     */
    long callBriefly(long a, long b, long c, long d, long e, long f) {
        try {
            return (long) Critical.HANDLE.invokeExact(address, a, b, c, d, e, f);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    long callBriefly(long a, long b, long c, long d) {
        return callBriefly(a, b, c, d, 0, 0);
    }
}
