package dev.puna.cli.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Which servers' certificates to believe: those the JDK believes, and those that the user's other tools are told to. The
 * second kind matters where a company's proxy opens TLS. They are read only when the JDK's own do not do: a bundle of 140
 * certificates takes longer to read than a small file takes to download.
 */
public final class Trust extends X509ExtendedTrustManager {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([^-]*)-----END", Pattern.DOTALL);

    /** Where distributions keep the certificates that their administrators added to. */
    private static final List<Path> SYSTEM = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));

    private final List<Path> bundles;
    private final Set<String> unchecked;
    private final X509ExtendedTrustManager own;
    private X509ExtendedTrustManager added;
    private final List<String> unreadable = new ArrayList<>();

    /**
     * @param bundles PEM files, or folders of such, beside the system's
     * @param unchecked hosts, or {@code host:port}, that the user told pip to believe without a certificate
     */
    public Trust(List<Path> bundles, Set<String> unchecked) {
        Set<Path> all = new LinkedHashSet<>(bundles);
        all.addAll(SYSTEM);
        this.bundles = List.copyOf(all);
        this.unchecked = Set.copyOf(unchecked);
        this.own = manager(null);
    }

    SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {this}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot do TLS", e);
        }
    }

    /** Files that were named for certificates and could not be read, for the message that explains a refusal. */
    synchronized List<String> unreadable() {
        return List.copyOf(unreadable);
    }

    private static X509ExtendedTrustManager manager(KeyStore certificates) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(certificates);
            return Arrays.stream(factory.getTrustManagers())
                    .filter(X509ExtendedTrustManager.class::isInstance)
                    .map(X509ExtendedTrustManager.class::cast)
                    .findFirst()
                    .orElseThrow();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK's list of certificates cannot be read", e);
        }
    }

    private synchronized X509ExtendedTrustManager added() {
        if (added == null) {
            try {
                KeyStore certificates = KeyStore.getInstance(KeyStore.getDefaultType());
                certificates.load(null, null);
                for (Path bundle : bundles) {
                    addAll(certificates, bundle);
                }
                added = manager(certificates);
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException("this JDK cannot hold certificates", e);
            }
        }
        return added;
    }

    private void addAll(KeyStore certificates, Path bundle) {
        try {
            if (Files.isDirectory(bundle)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(bundle, "*.{pem,crt,cer,0}")) {
                    for (Path file : files) {
                        addFile(certificates, file);
                    }
                }
            } else if (Files.exists(bundle) || !SYSTEM.contains(bundle)) {
                addFile(certificates, bundle);
            }
        } catch (IOException _) {
            unreadable.add(bundle.toString());
        }
    }

    private static void addFile(KeyStore certificates, Path file) throws IOException {
        Matcher pem = PEM.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        while (pem.find()) {
            try {
                byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
                X509Certificate certificate = (X509Certificate)
                        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
                certificates.setCertificateEntry(Integer.toString(certificates.size()), certificate);
            } catch (GeneralSecurityException | IllegalArgumentException _) {
                // One certificate of a bundle that this JDK cannot read leaves the others good.
            }
        }
    }

    private boolean believed(String host, int port) {
        String name = host == null ? "" : host.toLowerCase(Locale.ROOT);
        return unchecked.contains(name) || unchecked.contains(name + ":" + port);
    }

    /** One way to check a chain; both managers check the host's name too when they are given the connection. */
    private interface Check {
        void with(X509ExtendedTrustManager manager) throws CertificateException;
    }

    private void check(Check check) throws CertificateException {
        try {
            check.with(own);
        } catch (CertificateException unknown) {
            try {
                check.with(added());
            } catch (CertificateException _) {
                throw unknown;
            }
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
        if (!believed(engine.getPeerHost(), engine.getPeerPort())) {
            check(manager -> manager.checkServerTrusted(chain, kind, engine));
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
        boolean named = socket instanceof SSLSocket secure
                && secure.getHandshakeSession() != null
                && believed(secure.getHandshakeSession().getPeerHost(), socket.getPort());
        if (!named) {
            check(manager -> manager.checkServerTrusted(chain, kind, socket));
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        check(manager -> manager.checkServerTrusted(chain, kind));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
        throw new CertificateException("there are no clients here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
        throw new CertificateException("there are no clients here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        throw new CertificateException("there are no clients here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
