package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Machine code in memory of its own: written while the memory is writable, then made executable and read-only. It is
 * never both. A system may refuse either step; whoever asks is told why.
 */
final class CodePage {
    private static final int PAGE = 4096;

    private CodePage() {}

    /** The system will not give us memory for code; the message says which step failed and why. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final String why;

        Refused(String why) {
            super(why);
            this.why = why;
        }

        String why() {
            return why;
        }
    }

    /** What the operating system does for code pages. Both return 0 or, negated, the number of an error. */
    interface Memory {
        /** The address of fresh memory, readable and writable. */
        long map(long bytes);

        /** Makes memory readable and executable, no longer writable. */
        int makeExecutable(long address, long bytes);

        void unmap(long address, long bytes);
    }

    /** Code that stays for the life of the process. */
    static Function load(byte[] code) throws Refused {
        return load(code, Posix.open());
    }

    static Function load(byte[] code, Memory memory) throws Refused {
        long bytes = pages(code.length);
        long address = memory.map(bytes);
        if (address < 0) {
            throw new Refused("no memory for machine code (error %d of mmap)".formatted(-address));
        }
        MemorySegment.copy(code, 0, MemorySegment.ofAddress(address).reinterpret(bytes), JAVA_BYTE, 0, code.length);
        int error = memory.makeExecutable(address, bytes);
        if (error != 0) {
            memory.unmap(address, bytes);
            throw new Refused("the system forbids executable memory (error %d of mprotect)".formatted(-error));
        }
        return new Function(MemorySegment.ofAddress(address), code.length);
    }

    /** Gives code back that nobody will call again. */
    static void unload(Function function) throws Refused {
        Posix.open().unmap(function.address().address(), pages(function.bytes()));
    }

    private static long pages(int bytes) {
        return Math.ceilDiv(bytes, PAGE) * (long) PAGE;
    }

    /** mmap, mprotect and munmap of the C library. */
    private static final class Posix implements Memory {
        private static final int READ = 1;
        private static final int WRITE = 2;
        private static final int EXECUTE = 4;
        private static final int PRIVATE_ANONYMOUS_LINUX = 0x22;
        private static final int PRIVATE_ANONYMOUS_MAC = 0x1002;

        private static final StructLayout STATE = Linker.Option.captureStateLayout();
        private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        private final MethodHandle mmap;
        private final MethodHandle mprotect;
        private final MethodHandle munmap;
        private final int anonymous;

        private Posix(boolean linux) {
            mmap = Function.ofLibrary(
                    "mmap",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
                    Linker.Option.captureCallState("errno"));
            mprotect = Function.ofLibrary(
                    "mprotect",
                    FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT),
                    Linker.Option.captureCallState("errno"));
            munmap = Function.ofLibrary("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
            anonymous = linux ? PRIVATE_ANONYMOUS_LINUX : PRIVATE_ANONYMOUS_MAC;
        }

        static Posix open() throws Refused {
            Settings machine = Settings.read();
            if (!machine.isLinux() && !machine.isMac()) {
                throw new Refused("code pages are not made on " + machine.system());
            }
            try {
                return new Posix(machine.isLinux());
            } catch (IllegalCallerException | UnsupportedOperationException refused) {
                throw new Refused("Java may not call native code (" + refused.getMessage() + ")");
            }
        }

        @Override
        public long map(long bytes) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                long address = (long) mmap.invokeExact(state, 0L, bytes, READ | WRITE, anonymous, -1, 0L);
                return address == -1 ? -(int) ERRNO.get(state, 0L) : address;
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }

        @Override
        public int makeExecutable(long address, long bytes) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                int result = (int) mprotect.invokeExact(state, address, bytes, READ | EXECUTE);
                return result == 0 ? 0 : -(int) ERRNO.get(state, 0L);
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }

        @Override
        public void unmap(long address, long bytes) {
            try {
                int _ = (int) munmap.invokeExact(address, bytes);
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }
    }
}
