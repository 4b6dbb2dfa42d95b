package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), text);
    }

    @Test
    void aMachineThatTellsNothingIsNoFault() {
        Host host = new Host(root);
        assertThat(host.processor()).isEmpty();
        assertThat(host.features()).isEmpty();
        assertThat(host.memoryBytes()).isEmpty();
        assertThat(host.containerBytes()).isEmpty();
        assertThat(host.containerProcessors()).isEmpty();
        assertThat(host.limit("Max open files")).isEmpty();
    }

    @Test
    void theProcessorAndItsMemoryAreRead() throws IOException {
        file(
                "proc/cpuinfo",
                "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nflags\t\t: fpu avx2 fma nonsense avx512_vnni\n");
        file("proc/meminfo", "MemTotal:       1000 kB\nMemAvailable:    500 kB\n");
        file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        file(
                "proc/self/limits",
                "Limit    Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\nMax address space  unlimited unlimited bytes\n");
        Host host = new Host(root);
        assertThat(host.processor()).hasValue("Some CPU @ 3 GHz");
        assertThat(host.features()).containsExactly("fma", "avx2", "avx512_vnni");
        assertThat(host.memoryBytes()).hasValue(1_024_000);
        assertThat(host.availableBytes()).hasValue(512_000);
        assertThat(host.hugePages()).hasValue("madvise");
        assertThat(host.limit("Max open files")).hasValue(1024);
        assertThat(host.limit("Max address space")).isEmpty();
    }

    @Test
    void aContainersLimitsCountWhereverTheyAreSet() throws IOException {
        file("proc/self/cgroup", "0::/pod/container\n");
        file("sys/fs/cgroup/pod/container/memory.max", "max\n");
        file("sys/fs/cgroup/pod/memory.max", "2000000000\n");
        file("sys/fs/cgroup/pod/container/cpu.max", "150000 100000\n");
        assertThat(new Host(root).containerBytes()).hasValue(2_000_000_000L);
        assertThat(new Host(root).containerProcessors()).hasValue(1.5);
    }

    @Test
    void theOldKindOfContainerIsReadToo() throws IOException {
        file("proc/self/cgroup", "4:memory:/c\n3:cpu,cpuacct:/c\n");
        file("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "1000000\n");
        file("sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "50000\n");
        file("sys/fs/cgroup/cpu/c/cpu.cfs_period_us", "100000\n");
        assertThat(new Host(root).containerBytes()).hasValue(1_000_000);
        assertThat(new Host(root).containerProcessors()).hasValue(0.5);
    }
}
