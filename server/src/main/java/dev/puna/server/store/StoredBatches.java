package dev.puna.server.store;

import java.io.ByteArrayInputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Batches and what became of their lines. */
public final class StoredBatches {
    private static final String COLUMNS = "select id, account, status, batch from batches ";

    /**
     * A batch.
     *
     * @param batch all of it, as JSON
     */
    public record Stored(String id, String account, String status, String batch) {}

    /** What became of a line, as a line of JSON. */
    public record Line(int line, boolean failed, String result) {}

    /** A file that is made when a batch ends. */
    public record Made(StoredFiles.Stored file, byte[] bytes) {}

    private final Database database;

    public StoredBatches(Database database) {
        this.database = database;
    }

    public void add(Stored batch, long created) {
        int _ = database.transact(session -> session.run(
                "insert into batches (id, account, created, status, batch) values (?, ?, ?, ?, ?)",
                batch.id(),
                batch.account(),
                created,
                batch.status(),
                batch.batch()));
    }

    /** Changes a batch whose status is still the one it had; says whether it was. Files come with the change or not at all. */
    public boolean change(Stored batch, String before, List<Made> files) {
        return database.transact(session -> {
            int changed = session.run(
                    "update batches set status = ?, batch = ? where id = ? and status = ?",
                    batch.status(),
                    batch.batch(),
                    batch.id(),
                    before);
            if (changed == 1) {
                for (Made made : files) {
                    StoredFiles.add(session, batch.account(), made.file(), new ByteArrayInputStream(made.bytes()));
                }
            }
            return changed == 1;
        });
    }

    private static Stored read(ResultSet row) throws SQLException {
        return new Stored(row.getString(1), row.getString(2), row.getString(3), row.getString(4));
    }

    /** All batches of an account, the oldest first. */
    public List<Stored> all(String account) {
        return database.transact(session ->
                session.all(COLUMNS + "where account = ? order by created, id", StoredBatches::read, account));
    }

    public Optional<Stored> find(String account, String id) {
        return database
                .transact(session ->
                        session.all(COLUMNS + "where id = ? and account = ?", StoredBatches::read, id, account))
                .stream()
                .findFirst();
    }

    /** Those of all accounts that are not over. */
    public List<Stored> unfinished() {
        return database.transact(session -> session.all(
                COLUMNS
                        + "where status in ('validating', 'in_progress', 'finalizing', 'cancelling')"
                        + " order by created, id",
                StoredBatches::read));
    }

    public void add(String batch, Line line) {
        int _ = database.transact(session -> session.run(
                "insert into batch_lines (batch, line, failed, result) values (?, ?, ?, ?)",
                batch,
                line.line(),
                line.failed() ? 1 : 0,
                line.result()));
    }

    /** The numbers of the lines that are done. */
    public Set<Integer> done(String batch) {
        return new LinkedHashSet<>(database.transact(
                session -> session.all("select line from batch_lines where batch = ?", row -> row.getInt(1), batch)));
    }

    /** How many lines have failed, or have not. */
    public int count(String batch, boolean failed) {
        return database.transact(session -> session.all(
                        "select count(*) from batch_lines where batch = ? and failed = ?",
                        row -> row.getInt(1),
                        batch,
                        failed ? 1 : 0))
                .getFirst();
    }

    /** What became of the lines that failed, or of the others, in their order. */
    public List<String> results(String batch, boolean failed) {
        return database.transact(session -> session.all(
                "select result from batch_lines where batch = ? and failed = ? order by line",
                row -> row.getString(1),
                batch,
                failed ? 1 : 0));
    }
}
