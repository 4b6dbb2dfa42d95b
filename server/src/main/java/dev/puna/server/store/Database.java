package dev.puna.server.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

/**
 * One connection, one transaction at a time. Opened when it is first used: many servers never store anything.
 *
 * <p>Values reach the database as parameters only, never as text of a statement.
 */
public final class Database implements AutoCloseable {
    /** Keeps everything until the process ends. */
    public static final String IN_MEMORY = "jdbc:sqlite:file:puna-%s?mode=memory&cache=shared";

    private static final int PATIENCE = 5; // seconds, for a server to say that it lives

    /** Work within a transaction. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        T run(Session session) throws SQLException;
    }

    /** Reads a row. */
    @FunctionalInterface
    public interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** The statements of one transaction. */
    public static final class Session {
        private final Connection connection;

        private Session(Connection connection) {
            this.connection = connection;
        }

        /** Runs a statement and says how many rows it changed. */
        public int run(String sql, @Nullable Object... values) throws SQLException {
            try (PreparedStatement statement = prepared(sql, values)) {
                return statement.executeUpdate();
            }
        }

        /** All rows that a query gives. */
        public <T> List<T> all(String sql, Row<T> row, @Nullable Object... values) throws SQLException {
            try (PreparedStatement statement = prepared(sql, values);
                    ResultSet rows = statement.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(row.read(rows));
                }
                return all;
            }
        }

        private PreparedStatement prepared(String sql, @Nullable Object[] values) throws SQLException {
            PreparedStatement statement = connection.prepareStatement(sql);
            for (int i = 0; i < values.length; i++) {
                if (values[i] instanceof byte[] bytes) {
                    statement.setBytes(i + 1, bytes);
                } else {
                    statement.setObject(i + 1, values[i]);
                }
            }
            return statement;
        }
    }

    /** Tells of every step; kept here because a logger that nobody holds forgets its level. */
    private static final Logger FLYWAY = Logger.getLogger("org.flywaydb");

    private final String url;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Connection connection;
    private boolean closed;

    /** @param url as JDBC has it: {@code jdbc:sqlite:/path/to/file} or {@code jdbc:postgresql://host/name} */
    public Database(String url) {
        this.url = url;
    }

    /** A database of this process alone. */
    public static Database inMemory() {
        return new Database(String.format(IN_MEMORY, java.util.UUID.randomUUID()));
    }

    /** Whether something may have been stored before; a file that is not there yet holds nothing. */
    public boolean begun() {
        String file = "jdbc:sqlite:";
        return !url.startsWith(file) || Files.exists(Path.of(url.substring(file.length())));
    }

    /** Runs work as one transaction: all of it happens, or nothing. */
    public <T extends @Nullable Object> T transact(Work<T> work) {
        lock.lock();
        try {
            Connection open = open();
            try {
                T result = work.run(new Session(open));
                open.commit();
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                undo(open, e);
                throw e;
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the database failed", e);
        } finally {
            lock.unlock();
        }
    }

    /** Takes back what was begun. A connection that is broken is given up; the next transaction opens another. */
    private void undo(Connection open, Throwable cause) {
        try {
            open.rollback();
            if (open.isValid(PATIENCE)) {
                return;
            }
        } catch (SQLException broken) {
            cause.addSuppressed(broken);
        }
        connection = null;
        try {
            open.close();
        } catch (SQLException broken) {
            cause.addSuppressed(broken);
        }
    }

    private Connection open() throws SQLException {
        if (closed) {
            throw new IllegalStateException("the database is closed");
        }
        if (connection == null) {
            Connection opened = DriverManager.getConnection(url);
            try {
                if (url.startsWith("jdbc:sqlite:")) {
                    try (var statement = opened.createStatement()) {
                        statement.execute("pragma journal_mode = wal");
                        statement.execute("pragma synchronous = full");
                        statement.execute("pragma foreign_keys = on");
                        statement.execute("pragma busy_timeout = 5000");
                    }
                }
                FLYWAY.setLevel(Level.WARNING);
                Flyway.configure(Database.class.getClassLoader())
                        .dataSource(url, null, null)
                        .locations("classpath:dev/puna/server/store")
                        .load()
                        .migrate();
                opened.setAutoCommit(false);
            } catch (SQLException | RuntimeException e) {
                opened.close();
                throw e;
            }
            connection = opened;
        }
        return connection;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the database failed to close", e);
        } finally {
            lock.unlock();
        }
    }
}
