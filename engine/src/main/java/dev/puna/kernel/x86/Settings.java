package dev.puna.kernel.x86;

/**
 * The machine that Java says it runs on.
 *
 * @param system the operating system's name
 * @param architecture the processor's kind
 */
record Settings(String system, String architecture) {

    static Settings read() {
        return new Settings(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    }

    boolean isX86() {
        return architecture.equals("amd64") || architecture.equals("x86_64");
    }

    boolean isLinux() {
        return system.startsWith("Linux");
    }

    boolean isMac() {
        return system.startsWith("Mac");
    }
}
