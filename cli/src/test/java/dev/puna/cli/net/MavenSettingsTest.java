package dev.puna.cli.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MavenSettingsTest {
    @TempDir
    private Path home;

    private MavenSettings read(String settings) throws IOException {
        Files.createDirectories(home.resolve(".m2"));
        Files.writeString(home.resolve(".m2/settings.xml"), settings);
        return MavenSettings.read(
                new Surroundings(Map.of("NEXUS_PASSWORD", "s3cret"), Optional.of(home), home.resolve("root")));
    }

    @Test
    void withoutSettingsThereIsCentral() {
        MavenSettings maven = MavenSettings.read(new Surroundings(Map.of(), Optional.of(home), home.resolve("root")));
        assertThat(maven.repositories()).containsExactly(URI.create("https://repo.maven.apache.org/maven2/"));
        assertThat(maven.local()).hasValue(home.resolve(".m2/repository"));
    }

    @Test
    void aMirrorStandsForWhatItMirrors() throws IOException {
        MavenSettings maven = read("""
                <settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
                  <localRepository>~/repo</localRepository>
                  <mirrors><mirror><id>nexus</id><url>https://nexus.corp/all</url><mirrorOf>*,!own</mirrorOf></mirror></mirrors>
                  <servers><server><id>nexus</id><username>me</username><password>${env.NEXUS_PASSWORD}</password></server></servers>
                  <profiles><profile><id>ours</id><repositories>
                    <repository><id>own</id><url>https://own.corp/maven/</url></repository>
                  </repositories></profile></profiles>
                  <activeProfiles><activeProfile>ours</activeProfile></activeProfiles>
                </settings>
                """);
        assertThat(maven.repositories())
                .containsExactly(URI.create("https://own.corp/maven/"), URI.create("https://nexus.corp/all/"));
        assertThat(new Credentials(maven.secrets()).of(URI.create("https://nexus.corp/all/a/b.jar")))
                .hasValueSatisfying(
                        secret -> assertThat(secret.getValue()).isEqualTo(Credentials.Secret.basic("me", "s3cret")));
        assertThat(new Credentials(maven.secrets()).of(URI.create("https://own.corp/maven/x")))
                .isEmpty();
        assertThat(maven.local()).hasValue(home.resolve("repo"));
    }

    @Test
    void anEncryptedPasswordIsToldAndNotSent() throws IOException {
        MavenSettings maven = read("""
                <settings><servers><server><id>central</id><username>me</username><password>{COQLCE6DU6GtcS5P=}</password>
                </server></servers></settings>
                """);
        assertThat(maven.secrets()).isEmpty();
        assertThat(maven.remarks())
                .singleElement()
                .asString()
                .contains("central")
                .contains("encrypted");
    }

    @Test
    void aFileThatReachesForOthersIsRefused() throws IOException {
        MavenSettings maven = read("""
                <!DOCTYPE settings [<!ENTITY x SYSTEM "file:///etc/passwd">]>
                <settings><localRepository>&x;</localRepository></settings>
                """);
        assertThat(maven.remarks()).singleElement().asString().contains("cannot be read");
        assertThat(maven.repositories()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*                  | central | https://repo/        | true",
                "central            | central | https://repo/        | true",
                "central            | other   | https://repo/        | false",
                "*,!central         | central | https://repo/        | false",
                "!central,*         | central | https://repo/        | false",
                "external:*         | local   | http://localhost:80/ | false",
                "external:*         | local   | file:///repo         | false",
                "external:*         | far     | https://repo/        | true",
                "external:http:*    | far     | https://repo/        | false",
                "external:http:*    | far     | http://repo/         | true",
            })
    void aMirrorsPatternSaysWhatItCovers(String pattern, String id, String url, boolean covered) {
        assertThat(MavenSettings.mirrors(pattern, id, url)).isEqualTo(covered);
    }
}
