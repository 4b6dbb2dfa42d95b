/**
 * The official clients of the four APIs, unmodified but for the URL, against a server with a toy model.
 *
 * <p>Read first: {@code Served}, the server, and any of the tests. Each client chats, streams, calls tools, gets answers of
 * a given shape, embeds texts and meets errors. What a client makes of a response is checked, not the response: the APIs'
 * own tests do that.
 */
package dev.puna.clients;
