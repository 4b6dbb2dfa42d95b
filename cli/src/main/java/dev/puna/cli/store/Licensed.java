package dev.puna.cli.store;

/** Tells the licence once, when the first byte of a model comes: not for a source that turns out to be out of reach. */
final class Licensed implements Progress {
    private final Progress progress;
    private String licence;

    Licensed(Progress progress, String licence) {
        this.progress = progress;
        this.licence = licence;
    }

    @Override
    public void note(String line) {
        progress.note(line);
    }

    @Override
    public void begin(String what, long already, long total) {
        if (!licence.isEmpty()) {
            progress.note(licence);
            licence = "";
        }
        progress.begin(what, already, total);
    }

    @Override
    public void at(long bytes) {
        progress.at(bytes);
    }

    @Override
    public void end(boolean whole) {
        progress.end(whole);
    }
}
