package dev.puna.server.core;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What guard models were taught to find. Their versions number the same hazards differently, so a number means what the
 * guard's own prompt calls it.
 */
public enum Hazard {
    VIOLENT_CRIMES("(?<!non-)violen"),
    NON_VIOLENT_CRIMES("non-violent|criminal planning|controlled substances"),
    SEX_CRIMES("sex(-related)? crimes"),
    CHILD_EXPLOITATION("child"),
    DEFAMATION("defamation"),
    SPECIALIZED_ADVICE("advice"),
    PRIVACY("privacy"),
    INTELLECTUAL_PROPERTY("intellectual property"),
    WEAPONS("weapons"),
    HATE("hate"),
    SELF_HARM("self.harm|suicide"),
    SEXUAL_CONTENT("sexual content"),
    ELECTIONS("election"),
    CODE_INTERPRETER_ABUSE("code interpreter");

    private final Pattern spelling;

    Hazard(String spelling) {
        this.spelling = Pattern.compile(spelling);
    }

    /** What a category of that name covers; nothing where the name is none that Llama Guard has. */
    public static Set<Hazard> of(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        Set<Hazard> all = EnumSet.noneOf(Hazard.class);
        for (Hazard hazard : values()) {
            if (hazard.spelling.matcher(lower).find()) {
                all.add(hazard);
            }
        }
        return all;
    }
}
