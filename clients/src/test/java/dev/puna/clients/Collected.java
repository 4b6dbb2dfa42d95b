package dev.puna.clients;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.concurrent.CompletableFuture;

/** What LangChain4j says of a stream. */
final class Collected implements StreamingChatResponseHandler {
    private final StringBuilder pieces = new StringBuilder(); // read when whole is complete
    private final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();

    @Override
    public void onPartialResponse(String piece) {
        pieces.append(piece);
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
        whole.complete(response);
    }

    @Override
    public void onError(Throwable error) {
        whole.completeExceptionally(error);
    }

    ChatResponse await() {
        return whole.join();
    }

    String pieces() {
        return pieces.toString();
    }
}
