package dev.puna.server.store;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Responses that were asked to be kept. */
public final class StoredResponses {
    /**
     * A response and what it answered, as JSON.
     *
     * @param previous the response it went on from
     */
    public record Stored(String id, Optional<String> previous, String response, String input) {}

    private final Database database;

    public StoredResponses(Database database) {
        this.database = database;
    }

    public void add(String account, long created, Stored stored) {
        @Nullable String previous = stored.previous().orElse(null);
        int _ = database.transact(session -> session.run(
                "insert into responses (id, account, created, previous, response, input) values (?, ?, ?, ?, ?, ?)",
                stored.id(),
                account,
                created,
                previous,
                stored.response(),
                stored.input()));
    }

    public Optional<Stored> find(String account, String id) {
        List<Stored> found = database.transact(session -> session.all(
                "select id, previous, response, input from responses where id = ? and account = ?",
                row -> new Stored(
                        row.getString(1), Optional.ofNullable(row.getString(2)), row.getString(3), row.getString(4)),
                id,
                account));
        return found.stream().findFirst();
    }

    /** Says whether there was one. */
    public boolean remove(String account, String id) {
        return database.transact(
                        session -> session.run("delete from responses where id = ? and account = ?", id, account))
                > 0;
    }
}
