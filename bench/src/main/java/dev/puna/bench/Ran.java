package dev.puna.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process that was run to its end.
 *
 * @param exit its exit code
 * @param out what it wrote to standard output
 * @param seconds from its start to its end
 * @param peakBytes the most memory that it had resident, mapped files included; 0 where the system does not say
 */
record Ran(int exit, String out, double seconds, long peakBytes) {
    private static final long LIMIT_MINUTES = 20;
    private static final long LOOK_MILLIS = 2;

    /** Runs a command, its parts one after another, with nothing on standard input; its standard error is dropped. */
    @SafeVarargs
    static Ran of(List<String>... parts) throws IOException, InterruptedException {
        List<String> command = Stream.of(parts).flatMap(List::stream).toList();
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Future<byte[]> out = reading(process.getInputStream());
            long peak = 0;
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(LIMIT_MINUTES);
            while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                peak = Math.max(peak, peakBytes(process.pid())); // of its whole life so far
                if (System.nanoTime() > end) {
                    throw new IOException(command.getFirst() + " did not end in " + LIMIT_MINUTES + " minutes");
                }
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Ran(process.exitValue(), new String(out.get(), StandardCharsets.UTF_8), seconds, peak);
        } catch (ExecutionException e) {
            throw new IOException(command.getFirst() + ": its output could not be read", e);
        } finally {
            process.destroy();
        }
    }

    private static Future<byte[]> reading(InputStream in) {
        FutureTask<byte[]> reading = new FutureTask<>(in::readAllBytes);
        Thread.ofVirtual().start(reading);
        return reading;
    }

    /** Linux knows the high-water mark of a process that lives. */
    private static long peakBytes(long pid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException | NumberFormatException _) { // it has ended, or this is no Linux
        }
        return 0;
    }
}
