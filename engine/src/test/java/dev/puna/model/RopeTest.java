package dev.puna.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.puna.kernel.Rotation;
import dev.puna.model.Rope.Scaling;
import org.junit.jupiter.api.Test;

class RopeTest {
    private static final Rope PLAIN = new Rope(500_000, 64, true, new Scaling.None());

    private static float[] scaled(Scaling scaling) {
        return new Rope(500_000, 64, true, scaling).frequencies();
    }

    @Test
    void unscaledFrequenciesFallFromOneToTheBase() {
        float[] frequencies = PLAIN.frequencies();
        assertThat(frequencies).hasSize(32);
        assertThat(frequencies[0]).isEqualTo(1);
        assertThat((double) frequencies[31]).isCloseTo(Math.pow(500_000, -62.0 / 64), within(1e-12));
    }

    @Test
    void llama3KeepsFastPairsStretchesSlowOnesAndGoesOverBetween() {
        float[] plain = PLAIN.frequencies();
        float[] stretched = scaled(new Scaling.Llama3(8, 1, 4, 8192));
        for (int i = 0; i < 32; i++) {
            double turns = 8192 * (double) plain[i] / (2 * Math.PI);
            double stretch = plain[i] / (double) stretched[i];
            if (turns > 4) {
                assertThat(stretch).as("pair %d", i).isEqualTo(1);
            } else if (turns < 1) {
                assertThat(stretch).as("pair %d", i).isCloseTo(8, within(1e-5));
            } else {
                assertThat(stretch).as("pair %d", i).isBetween(1.0, 8.0);
            }
        }
    }

    @Test
    void llama3WithoutARangeBetweenDividesNothingByZero() {
        assertThat(scaled(new Scaling.Llama3(16, 1, 1, 8192))).doesNotContain(Float.NaN);
    }

    @Test
    void divisorsThatSayTheSameGiveTheSame() {
        float[] plain = PLAIN.frequencies();
        float[] stretched = scaled(new Scaling.Llama3(32, 1, 4, 8192));
        float[] divisors = new float[32];
        for (int i = 0; i < 32; i++) {
            divisors[i] = (float) ((double) plain[i] / stretched[i]);
        }
        float[] divided = scaled(new Scaling.Divisors(divisors));
        for (int i = 0; i < 32; i++) {
            assertThat((double) divided[i]).isCloseTo(stretched[i], within(1e-6 * stretched[i]));
        }
    }

    @Test
    void yarnStretchesOnlyWhatTurnsSlowly() {
        float[] plain = PLAIN.frequencies();
        float[] stretched = scaled(new Scaling.Yarn(4, 8192, 32, 1, 1.1, true));
        assertThat(stretched[0]).isEqualTo(plain[0]);
        assertThat((double) stretched[31]).isCloseTo(plain[31] / 4, within(1e-12));
    }

    @Test
    void anglesAreThePositionsTimesTheFrequenciesAtTheAmplitude() {
        var rope = new Rope(10_000, 8, false, new Scaling.Yarn(4, 64, 32, 1, 1.25, true));
        try (var work = new Workspace()) {
            Rotation rotation = rope.at(rope.frequencies(), new int[] {0, 1000}, work);
            assertThat(rotation.pairs()).isEqualTo(4);
            for (int i = 0; i < 4; i++) {
                float angle = 1000 * rope.frequencies()[i];
                assertThat(rotation.cos().data().getAtIndex(JAVA_FLOAT, i)).isEqualTo(1.25f);
                assertThat(rotation.sin().data().getAtIndex(JAVA_FLOAT, i)).isZero();
                assertThat(rotation.cos().data().getAtIndex(JAVA_FLOAT, 4 + i))
                        .isEqualTo((float) (1.25 * Math.cos(angle)));
                assertThat(rotation.sin().data().getAtIndex(JAVA_FLOAT, 4 + i))
                        .isEqualTo((float) (1.25 * Math.sin(angle)));
            }
        }
    }
}
