package dev.puna.kernel.x86;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;

/** Tests that run assembled code. */
interface OnX86 {
    @BeforeEach
    default void onX86() {
        Settings machine = Settings.read();
        assumeTrue(
                machine.isX86() && (machine.isLinux() || machine.isMac()),
                "not an x86-64 processor under a POSIX system");
    }
}
