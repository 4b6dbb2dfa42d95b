package dev.puna.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * The entry of {@code ./puna} for commands that run a model. The JVM greets the incubator module that they need with a
 * warning on standard error; so the launcher starts it with descriptor 2 leading through a filter and the true standard
 * error at 3. This puts it back where everybody expects it, terminal or file, before anything is printed.
 */
final class Launched {
    private static final int TRUE_STDERR = 3;
    private static final int STDERR = 2;

    private Launched() {}

    public static void main(String[] args) {
        restoreStandardError();
        Main.main(args);
    }

    /** If it cannot be done, messages still arrive, by way of the filter. */
    private static void restoreStandardError() {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor two =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        FunctionDescriptor one = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        try {
            int restored = (int) linker.downcallHandle(linker.defaultLookup().findOrThrow("dup2"), two)
                    .invokeExact(TRUE_STDERR, STDERR);
            if (restored == STDERR) {
                int closed = (int) linker.downcallHandle(linker.defaultLookup().findOrThrow("close"), one)
                        .invokeExact(TRUE_STDERR);
                assert closed == 0 : "the descriptor was open a moment ago";
            }
        } catch (Throwable impossible) { // what invokeExact declares; dup2 throws nothing
            throw new AssertionError(impossible);
        }
    }
}
