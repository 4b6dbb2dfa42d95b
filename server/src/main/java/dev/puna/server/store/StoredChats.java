package dev.puna.server.store;

import java.util.List;
import java.util.Optional;

/** Chat completions that were asked to be kept. */
public final class StoredChats {
    /**
     * A chat completion and the messages that it answered, as JSON.
     *
     * @param model that answered
     */
    public record Stored(String id, String model, String chat, String messages) {}

    private static final String COLUMNS = "select id, model, chat, messages from chats where account = ?";

    private final Database database;

    public StoredChats(Database database) {
        this.database = database;
    }

    public void add(String account, long created, Stored stored) {
        int _ = database.transact(session -> session.run(
                "insert into chats (id, account, created, model, chat, messages) values (?, ?, ?, ?, ?, ?)",
                stored.id(),
                account,
                created,
                stored.model(),
                stored.chat(),
                stored.messages()));
    }

    public Optional<Stored> find(String account, String id) {
        return database
                .transact(session -> session.all(COLUMNS + " and id = ?", StoredChats::read, account, id))
                .stream()
                .findFirst();
    }

    /** The oldest first. */
    public List<Stored> all(String account) {
        return database.transact(session -> session.all(COLUMNS + " order by created, id", StoredChats::read, account));
    }

    private static Stored read(java.sql.ResultSet row) throws java.sql.SQLException {
        return new Stored(row.getString(1), row.getString(2), row.getString(3), row.getString(4));
    }

    /** Says whether there was one. */
    public boolean change(String account, String id, String chat) {
        return database.transact(session ->
                        session.run("update chats set chat = ? where id = ? and account = ?", chat, id, account))
                > 0;
    }

    /** Says whether there was one. */
    public boolean remove(String account, String id) {
        return database.transact(session -> session.run("delete from chats where id = ? and account = ?", id, account))
                > 0;
    }
}
