package dev.puna.server.http;

import java.util.regex.Pattern;

/** Hosts as they are written, without asking anybody what a name leads to. */
final class Addresses {
    private static final Pattern HOST =
            Pattern.compile("(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(?::[0-9]{1,5})?");

    private Addresses() {}

    /** Whether this is a host, with or without a port, and nothing else. */
    static boolean wellFormed(String host) {
        return HOST.matcher(host).matches();
    }

    static String withoutPort(String host) {
        if (host.startsWith("[")) {
            return host.substring(1, host.indexOf(']'));
        }
        int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }

    /** Whether only this machine reaches it. */
    static boolean loopback(String host) {
        return host.equalsIgnoreCase("localhost")
                || host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}")
                || host.equals("::1")
                || host.equals("0:0:0:0:0:0:0:1");
    }
}
