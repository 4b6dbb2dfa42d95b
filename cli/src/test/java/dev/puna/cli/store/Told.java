package dev.puna.cli.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what it is told. */
final class Told implements Progress {
    final List<String> notes = new CopyOnWriteArrayList<>();
    final List<Long> starts = new ArrayList<>();

    @Override
    public void note(String line) {
        notes.add(line);
    }

    @Override
    public void begin(String what, long already, long total) {
        starts.add(already);
    }

    @Override
    public void at(long bytes) {}

    @Override
    public void end(boolean whole) {}
}
