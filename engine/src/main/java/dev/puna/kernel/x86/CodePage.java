package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

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

    /** What the operating system does for code pages. */
    interface Memory {
        /** The address of fresh memory, readable and writable; −1 if there is none. */
        long map(long bytes);

        /** Makes memory readable and executable, no longer writable. Whether that was allowed. */
        boolean makeExecutable(long address, long bytes);

        void unmap(long address, long bytes);
    }

    /** Code that stays for the life of the process. */
    static Function load(byte[] code) throws Refused {
        return load(code, Posix.open());
    }

    static Function load(byte[] code, Memory memory) throws Refused {
        long bytes = pages(code.length);
        long address = memory.map(bytes);
        if (address == -1) {
            throw new Refused("the system gives no memory for machine code (mmap failed)");
        }
        MemorySegment.copy(code, 0, MemorySegment.ofAddress(address).reinterpret(bytes), JAVA_BYTE, 0, code.length);
        if (!memory.makeExecutable(address, bytes)) {
            memory.unmap(address, bytes);
            throw new Refused("the system forbids executable memory (mprotect failed)");
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

        /** Looked up once, when the first code is loaded. */
        private static final class Library {
            static final Function MMAP = Function.ofLibrary("mmap");
            static final Function MPROTECT = Function.ofLibrary("mprotect");
            static final Function MUNMAP = Function.ofLibrary("munmap");
        }

        private final int anonymous;

        private Posix(boolean linux) {
            anonymous = linux ? PRIVATE_ANONYMOUS_LINUX : PRIVATE_ANONYMOUS_MAC;
        }

        static Posix open() throws Refused {
            Settings machine = Settings.read();
            if (!machine.isLinux() && !machine.isMac()) {
                throw new Refused("code pages are not made on " + machine.system());
            }
            Optional<String> hindrance = Function.hindrance();
            if (hindrance.isPresent()) {
                throw new Refused(hindrance.get());
            }
            return new Posix(machine.isLinux());
        }

        @Override
        public long map(long bytes) {
            return Library.MMAP.call(0, bytes, READ | WRITE, anonymous, -1, 0);
        }

        @Override
        public boolean makeExecutable(long address, long bytes) {
            return (int) Library.MPROTECT.call(address, bytes, READ | EXECUTE, 0) == 0;
        }

        @Override
        public void unmap(long address, long bytes) {
            Library.MUNMAP.call(address, bytes, 0, 0);
        }
    }
}
