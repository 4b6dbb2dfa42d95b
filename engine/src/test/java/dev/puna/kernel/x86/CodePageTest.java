package dev.puna.kernel.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.kernel.x86.CodePage.Refused;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodePageTest implements OnX86 {

    @Test
    void codeRunsWithItsSixArguments() throws Refused {
        Assembler a = new Assembler();
        a.mov(Gpr.RAX, Gpr.RDI);
        for (Gpr argument : List.of(Gpr.RSI, Gpr.RDX, Gpr.RCX, Gpr.R8, Gpr.R9)) {
            a.imul(Gpr.RAX, Gpr.RAX, 10);
            a.add(Gpr.RAX, argument);
        }
        a.ret();
        Function function = CodePage.load(a.finish());
        assertThat(function.call(1, 2, 3, 4, 5, 6)).isEqualTo(123456);
        assertThat(function.callBriefly(6, 5, 4, 3, 2, 1)).isEqualTo(654321);
    }

    @Test
    void noPageIsWritableAndExecutableAtOnce() throws Refused, IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")), "no /proc/self/maps");
        Assembler a = new Assembler();
        a.ret();
        Function function = CodePage.load(a.finish());
        String start = Long.toHexString(function.address().address()) + "-";
        assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
                .filteredOn(line -> line.startsWith(start))
                .singleElement()
                .asString()
                .contains(" r-xp ");
    }

    @Test
    void aRefusalIsAReasonAndLeavesNoMemoryBehind() {
        var memory = new Refusing(false);
        assertThatThrownBy(() -> CodePage.load(new byte[] {(byte) 0xC3}, memory))
                .isInstanceOf(Refused.class)
                .hasMessage("the system forbids executable memory (mprotect failed)");
        assertThat(memory.unmapped).isTrue();
        assertThatThrownBy(() -> CodePage.load(new byte[1], new Refusing(true)))
                .isInstanceOf(Refused.class)
                .hasMessage("the system gives no memory for machine code (mmap failed)");
    }

    /** A system that refuses one step. */
    private static final class Refusing implements CodePage.Memory {
        private final boolean noMemory;
        private final Arena arena = Arena.ofAuto();
        private boolean unmapped;

        Refusing(boolean noMemory) {
            this.noMemory = noMemory;
        }

        @Override
        public long map(long bytes) {
            return noMemory ? -1 : arena.allocate(bytes).address();
        }

        @Override
        public boolean makeExecutable(long address, long bytes) {
            return false;
        }

        @Override
        public void unmap(long address, long bytes) {
            unmapped = true;
        }
    }
}
