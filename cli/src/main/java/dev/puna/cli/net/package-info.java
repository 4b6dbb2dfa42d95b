/**
 * The door to the network: one HTTP client that goes through the proxies, trusts the certificates and sends the
 * credentials that the user's other tools are already set up with.
 *
 * <p>Read first: {@link dev.puna.cli.net.Web}, which asks one URL and follows its redirects, and
 * {@link dev.puna.cli.net.NetworkSettings}, which gathers what pip, npm, Maven and the environment say.
 *
 * <p>Whatever goes wrong becomes an {@link dev.puna.cli.net.Unavailable} with a reason fit for a person to read. No
 * password, token or signed query ever stands in such a text.
 *
 * <p>What this package must not know: models, stores, what the bytes are for. It reads neither the environment nor the
 * system properties; it is handed both.
 */
package dev.puna.cli.net;
