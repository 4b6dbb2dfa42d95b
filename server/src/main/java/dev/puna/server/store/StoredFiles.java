package dev.puna.server.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Files that clients brought, or that were made for them. A file is there whole or not at all. */
public final class StoredFiles {
    private static final int PART_BYTES = 1 << 20;
    private static final String COLUMNS = "select id, created, name, purpose, bytes, sha256, expires from files ";

    /**
     * A file without its bytes.
     *
     * @param created in seconds since 1970
     * @param expires when it is removed, in seconds since 1970
     */
    public record Stored(
            String id, long created, String name, String purpose, long bytes, String sha256, OptionalLong expires) {}

    private final Database database;

    public StoredFiles(Database database) {
        this.database = database;
    }

    /** Keeps a file whose bytes are read from here. */
    public void add(String account, Stored file, InputStream bytes) {
        database.transact(session -> {
            add(session, account, file, bytes);
            return file;
        });
    }

    /** The same as part of something larger. */
    static void add(Database.Session session, String account, Stored file, InputStream bytes) throws SQLException {
        session.run(
                "insert into files (id, account, created, name, purpose, bytes, sha256, expires)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?)",
                file.id(),
                account,
                file.created(),
                file.name(),
                file.purpose(),
                file.bytes(),
                file.sha256(),
                file.expires().isPresent() ? (Object) file.expires().getAsLong() : null);
        try {
            int part = 0;
            for (byte[] some = bytes.readNBytes(PART_BYTES); some.length > 0; some = bytes.readNBytes(PART_BYTES)) {
                session.run("insert into file_parts (file, part, data) values (?, ?, ?)", file.id(), part++, some);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stored read(ResultSet row) throws SQLException {
        long expires = row.getLong(7);
        boolean never = row.wasNull();
        return new Stored(
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getString(6),
                never ? OptionalLong.empty() : OptionalLong.of(expires));
    }

    private static void expire(Database.Session session) throws SQLException {
        session.run("delete from files where expires < ?", Instant.now().getEpochSecond());
    }

    /** All files of an account, the oldest first. */
    public List<Stored> all(String account) {
        return database.transact(session -> {
            expire(session);
            return session.all(COLUMNS + "where account = ? order by created, id", StoredFiles::read, account);
        });
    }

    public Optional<Stored> find(String account, String id) {
        return database.transact(session -> {
            expire(session);
            return session.all(COLUMNS + "where id = ? and account = ?", StoredFiles::read, id, account).stream()
                    .findFirst();
        });
    }

    /** Writes the bytes of a file that is there. */
    public void copy(String id, OutputStream out) {
        int part = 0;
        try {
            while (true) {
                int at = part++;
                List<byte[]> some = database.transact(session -> session.all(
                        "select data from file_parts where file = ? and part = ?", row -> row.getBytes(1), id, at));
                if (some.isEmpty()) {
                    return;
                }
                out.write(some.getFirst());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says whether there was one. */
    public boolean remove(String account, String id) {
        return database.transact(session -> session.run("delete from files where id = ? and account = ?", id, account))
                > 0;
    }
}
