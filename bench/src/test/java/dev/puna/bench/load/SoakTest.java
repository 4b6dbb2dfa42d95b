package dev.puna.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import dev.puna.SharedData;
import dev.puna.chat.Assistant;
import dev.puna.engine.Statistics;
import dev.puna.server.PunaServer;
import dev.puna.server.core.Library;
import dev.puna.server.core.Models;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that leave, that read slowly, that send what is no request, among others: afterwards nothing is left of them. */
class SoakTest {
    private static final long HEAP_SLACK = 8L << 20;
    private static final long NATIVE_SLACK = 48L << 20;
    private static final int GARBAGE_BYTES = 256 << 10;

    private static PunaServer serve(Path model, int context) throws IOException {
        PunaServer.Options usual = PunaServer.Options.DEFAULT;
        // A cache of one context for eight: sequences lose their place and come back all the time.
        Assistant.Options run = new Assistant.Options(
                Optional.empty(), OptionalInt.empty(), OptionalInt.of(context), DType.F32, 8, 128);
        return PunaServer.start(
                Library.of(model),
                new PunaServer.Options(
                        usual.http(), new Models.Options(run, 1, Duration.ofSeconds(30)), Optional.empty()));
    }

    /** Open files and sockets; none where the system does not say. */
    private static int descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Threads of the platform, but for those that the JVM carries virtual ones with. */
    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> !name.matches("ForkJoinPool.*|VirtualThread.*|.*[Pp]oller.*"))
                .collect(Collectors.toSet());
    }

    private static MemoryUsage heap() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    }

    /** Memory that is neither of the heap nor of files; none where the system does not say. */
    private static long others() throws IOException {
        Path status = Path.of("/proc/self/status");
        fillHeap();
        return !Files.exists(status)
                ? 0
                : Files.readAllLines(status).stream()
                                .filter(line -> line.startsWith("RssAnon:"))
                                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                                .sum()
                        - heap().getCommitted();
    }

    /** Touches what the heap has not touched yet of its memory, or that would seem to be the others' once it is. */
    private static void fillHeap() {
        List<byte[]> garbage = new ArrayList<>();
        long most = heap().getCommitted() / GARBAGE_BYTES;
        while (Runtime.getRuntime().freeMemory() > 16 * GARBAGE_BYTES && garbage.size() < most) {
            garbage.add(new byte[GARBAGE_BYTES]);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 3000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static Tally round(PunaServer server, int seed, int clients, int requests, int tokens, String... more)
            throws Exception {
        Tally tally = new Tally();
        List<String> options = List.of(
                "--url",
                server.uri().toString(),
                "--clients",
                "" + clients,
                "--requests",
                "" + requests,
                "--seed",
                "" + seed,
                "--tokens",
                "" + tokens,
                "--seconds",
                "300");
        Load.run(Load.plan(Stream.concat(options.stream(), Stream.of(more)).toArray(String[]::new)), tally);
        return tally;
    }

    private static void soak(Path path, int context, int rounds, int clients, int requests, int tokens)
            throws Exception {
        String[] bad = {"--cancelled", "0.3", "--slow", "0.05", "--pause", "4", "--malformed", "0.2"};
        try (PunaServer server = serve(path, context)) {
            round(server, 1, clients, requests, tokens, bad); // what is made once is made
            Models.Open model = server.models().open().getFirst();
            await(() -> server.running() == 0);
            int descriptors = descriptors();
            Set<String> threads = threads();
            System.gc();
            long heap = heap().getUsed();
            long others = others();
            for (int round = 0; round < rounds; round++) {
                Tally tally = round(server, 2 + round, clients, requests, tokens, bad);
                assertThat(tally.errors()).as("seed " + (2 + round)).isEmpty();
                assertThat(tally.count(Tally.End.COMPLETED)).isPositive();
            }
            await(() -> server.running() == 0);
            await(() -> {
                Statistics now = model.assistant().statistics();
                return now.running() == 0 && now.waiting() == 0 && now.freeBlocks() == now.blocks();
            });
            await(() -> server.models().open().getFirst().held() == 0);
            await(() -> descriptors() <= descriptors);
            await(() -> threads.containsAll(threads()));
            System.gc();
            assertThat(heap().getUsed()).as("bytes of heap").isLessThan(heap + HEAP_SLACK);
            // The JVM's own compilers hold some 100 MB for as long as they are at a long method.
            long most = others + NATIVE_SLACK;
            long now = others();
            for (int i = 0; i < 300 && now >= most; i++) {
                Thread.sleep(100);
                now = others();
            }
            assertThat(now).as("bytes beside the heap").isLessThan(most);
            assertThat(round(server, 9, 1, 1, tokens).count(Tally.End.COMPLETED))
                    .isEqualTo(1);
        }
    }

    @Test
    void badClientsLeaveNothingBehind(@TempDir Path folder) throws Exception {
        Path model = ChainModel.write(
                folder.resolve("toy"),
                new ChainModel.Script(List.of("one ", "two ", "three "), true, 2048, ChainModel.TEMPLATE));
        soak(model, 2048, 2, 32, 4, 300);
    }

    @Test
    @Tag("slow")
    void manyBadClientsOfARealModelLeaveNothingBehind() throws Exception {
        soak(SharedData.smollm2(), 512, 4, 64, 4, 24);
    }
}
