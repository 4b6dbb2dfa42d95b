package dev.puna.kernel.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.kernel.x86.CodePage.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CpuTest {

    @Test
    void theProcessorSaysWhatTheKernelSays() throws Refused, IOException {
        Path info = Path.of("/proc/cpuinfo");
        assumeTrue(Settings.read().isX86() && Files.isReadable(info), "not an x86-64 processor with /proc/cpuinfo");
        Cpu cpu = Cpu.ask();
        String text = Files.readString(info);
        assertThat(text).contains(cpu.name());
        String flags = text.lines()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .orElseThrow();
        Set<String> known = new HashSet<>(Arrays.asList(flags.replace("_", "").split("\\s+")));
        for (Cpu.Feature feature : Cpu.Feature.values()) {
            assertThat(cpu.features().contains(feature))
                    .as(feature.name())
                    .isEqualTo(known.contains(feature.name().toLowerCase(Locale.ROOT)));
        }
    }

    @Test
    void leaveToUseTilesIsRefusedWhereThereAreNone() throws Refused {
        assumeTrue(Settings.read().isX86(), "not an x86-64 processor");
        assumeTrue(!Cpu.ask().features().contains(Cpu.Feature.AMXTILE), "this processor has tiles");
        assertThat(Cpu.requestTiles()).isFalse();
    }
}
