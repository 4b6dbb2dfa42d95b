/**
 * What must survive the process: stored responses, chats, files and batches, in a relational database.
 *
 * <p>Read first: {@link dev.puna.server.store.Database}, one connection and its transactions. SQLite is the default;
 * PostgreSQL takes the same SQL and the same migrations. Everything belongs to an account, and is looked for by its id and
 * its account together: nobody finds what is another's.
 *
 * <p>This package must not know HTTP, models, or what the documents mean that it keeps.
 */
@NullMarked
package dev.puna.server.store;

import org.jspecify.annotations.NullMarked;
