package dev.puna.cli;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A conversation in a file: {@code {"model":…,"messages":[{"role":…,"content":…},…]}}. */
final class SavedTalk {
    private SavedTalk() {}

    static void write(Path file, String model, List<Message> messages) {
        if (Files.exists(file) && !holdsTalk(file)) {
            throw new Refused(file + ": exists and is no saved conversation");
        }
        List<Object> all = new ArrayList<>();
        for (Message message : messages) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("role", message.role());
            one.put("content", message.content());
            all.add(one);
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("model", model);
        document.put("messages", all);
        Path part = file.resolveSibling(
                file.getFileName() + ".part" + ProcessHandle.current().pid());
        try {
            try {
                Files.writeString(part, Json.write(document) + "\n");
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            String reason = e instanceof java.nio.file.NoSuchFileException ? "no such directory" : e.getMessage();
            throw new Failed(file + ": cannot be written: " + reason, e);
        }
    }

    static List<Message> read(Path file) {
        if (!(Json.parse(file) instanceof Map<?, ?> document) || !(document.get("messages") instanceof List<?> all)) {
            throw new BadFile(file, -1, "is no saved conversation: it has no list \"messages\"");
        }
        List<Message> messages = new ArrayList<>();
        for (Object one : all) {
            if (!(one instanceof Map<?, ?> message)
                    || !(message.get("role") instanceof String role)
                    || role.isEmpty()
                    || !(message.get("content") instanceof String content)) {
                throw new BadFile(file, -1, "message " + messages.size() + " has no role or no content");
            }
            messages.add(Message.of(role, content));
        }
        return messages;
    }

    private static boolean holdsTalk(Path file) {
        try {
            read(file);
            return true;
        } catch (RuntimeException _) {
            return false;
        }
    }
}
