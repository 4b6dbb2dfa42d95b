// Every field of the clients' request types, read from the types that the packages bring, is honoured or refused by its
// name. A release of a client with a field that the server has never heard of fails here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { model, url } from './served.mjs';

const probe = { probe: [1] }; // hardly any field may hold this

/** The names of an interface's fields, with those of the interfaces that it extends. */
function fields(file, type) {
  const source = readFileSync(`node_modules/${file}`, 'utf8').replaceAll('\r', '').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = new RegExp(`^ *(?:export )?(?:declare )?interface ${type}(?: extends ([\\w., ]+))? \\{\\n`, 'm').exec(source);
  assert.ok(found, `${file} has no ${type}`);
  const names = new Set();
  for (const base of (found[1] ?? '').split(/, */)) {
    if (base && !base.includes('.')) {
      fields(file, base).forEach((name) => names.add(name));
    }
  }
  let depth = 1;
  for (const line of source.slice(found.index + found[0].length).split('\n')) {
    const name = depth === 1 && /^ *(?:'([^']+)'|(\w+))\??:/.exec(line);
    if (name) {
      names.add(name[1] ?? name[2]);
    }
    depth += line.split('{').length - line.split('}').length;
    if (depth === 0) {
      break;
    }
  }
  assert.ok(names.size > 0, `${type} has no fields`);
  return names;
}

/** @param bodies functions from a field's name to a body that holds it; it must be known in one of them */
function walk(path, file, type, bodies, but = [], method = 'POST') {
  test(`${path} ${type}`, async () => {
    const unknown = [];
    for (const field of fields(file, type)) {
      if (but.includes(field)) {
        continue;
      }
      const said = [];
      for (const body of bodies) {
        const response = await fetch(url + path, { method, body: JSON.stringify({ model, ...body(field) }) });
        said.push([response.status, await response.text()]);
      }
      const known = ([status, text]) =>
        status === 200 || (status === 400 && text.includes(field) && !text.includes(`${field}' is not a field`));
      if (!said.some(known)) {
        unknown.push({ field, said });
      }
    }
    assert.deepEqual(unknown, []);
  });
}

const into = (body) => (field) => ({ ...body, [field]: probe });

// OpenAI
const openai = 'openai/resources';
const user = { role: 'user', content: 'x' };
const chat = { messages: [user] };
const completions = `${openai}/chat/completions/completions.d.ts`;
const chatPath = '/v1/chat/completions';
walk(chatPath, completions, 'ChatCompletionCreateParamsBase', [into(chat)]);
walk(chatPath, completions, 'ChatCompletionStreamOptions', [
  (field) => ({ ...chat, stream: true, stream_options: { [field]: probe } }),
]);
walk(chatPath, completions, 'ChatCompletionPredictionContent', [
  (field) => ({ ...chat, prediction: { type: 'content', content: 'x', [field]: probe } }),
]);
for (const [type, message] of Object.entries({
  System: { role: 'system', content: 'x' },
  Developer: { role: 'developer', content: 'x' },
  User: user,
  Assistant: { role: 'assistant', content: 'x' },
  Tool: { role: 'tool', content: 'x', tool_call_id: '1' },
  Function: { role: 'function', content: 'x', name: 'f' },
})) {
  walk(chatPath, completions, `ChatCompletion${type}MessageParam`, [
    (field) => ({ messages: [{ ...message, [field]: probe }, user] }),
  ]);
}
for (const [type, part] of Object.entries({
  Text: { type: 'text', text: 'x' },
  Image: { type: 'image_url' },
  InputAudio: { type: 'input_audio' },
})) {
  walk(chatPath, completions, `ChatCompletionContentPart${type}`, [
    (field) => ({ messages: [{ role: 'user', content: [{ ...part, [field]: probe }] }] }),
  ]);
}
walk(chatPath, completions, 'ChatCompletionFunctionTool', [
  (field) => ({ ...chat, tools: [{ type: 'function', function: { name: 'f' }, [field]: probe }] }),
]);
walk(chatPath, `${openai}/shared.d.ts`, 'FunctionDefinition', [
  (field) => ({ ...chat, tools: [{ type: 'function', function: { name: 'f', [field]: probe } }] }),
]);
walk('/v1/completions', `${openai}/completions.d.ts`, 'CompletionCreateParamsBase', [into({ prompt: 'x' })]);
walk('/v1/embeddings', `${openai}/embeddings.d.ts`, 'EmbeddingCreateParams', [into({ input: 'x' })]);
walk('/v1/moderations', `${openai}/moderations.d.ts`, 'ModerationCreateParams', [into({ input: 'x' })]);
walk('/v1/batches', `${openai}/batches.d.ts`, 'BatchCreateParams', [
  (field) => ({
    model: undefined,
    input_file_id: 'file-1',
    endpoint: '/v1/embeddings',
    completion_window: '24h',
    [field]: probe,
  }),
]);
const responses = `${openai}/responses/responses.d.ts`;
walk('/v1/responses', responses, 'ResponseCreateParamsBase', [into({ input: 'x' })]);
walk('/v1/responses/input_tokens', `${openai}/responses/input-tokens.d.ts`, 'InputTokenCountParams', [
  into({ input: 'x' }),
]);
for (const [type, item] of Object.entries({
  EasyInputMessage: user,
  ResponseFunctionToolCall: { type: 'function_call', call_id: '1', name: 'f', arguments: '{}' },
  ResponseReasoningItem: { type: 'reasoning' },
})) {
  walk('/v1/responses', responses, type, [(field) => ({ input: [{ ...item, [field]: probe }] })]);
}
walk('/v1/responses', responses, 'ResponseTextConfig', [(field) => ({ input: 'x', text: { [field]: probe } })]);
walk('/v1/responses', responses, 'FunctionTool', [
  (field) => ({ input: 'x', tools: [{ type: 'function', name: 'f', [field]: probe }] }),
]);

// Gemini
const genai = '@google/genai/dist/genai.d.ts';
const content = { role: 'user', parts: [{ text: 'x' }] };
const contents = { model: undefined, contents: [content] };
const generate = `/v1beta/models/${model}:generateContent`;
const local = ['httpOptions', 'abortSignal', 'automaticFunctionCalling', 'automaticContinuation']; // never leave the client
const config = (body) => (field) => ({ ...contents, generationConfig: { ...body, [field]: probe } });
walk(generate, genai, 'GenerateContentConfig', [into(contents), config({})], local);
walk(generate, genai, 'GenerationConfig', [config({})]);
walk(generate, genai, 'Part', [
  (field) => ({ model: undefined, contents: [{ role: 'user', parts: [{ [field]: probe }] }] }),
]);
walk(generate, genai, 'Content', [(field) => ({ model: undefined, contents: [{ ...content, [field]: probe }] })]);
walk(generate, genai, 'Tool', [(field) => ({ ...contents, tools: [{ [field]: probe }] })]);
walk(generate, genai, 'ToolConfig', [(field) => ({ ...contents, toolConfig: { [field]: probe } })]);
walk(generate, genai, 'FunctionCallingConfig', [
  (field) => ({ ...contents, toolConfig: { functionCallingConfig: { [field]: probe } } }),
]);
walk(generate, genai, 'FunctionDeclaration', [
  (field) => ({ ...contents, tools: [{ functionDeclarations: [{ name: 'f', [field]: probe }] }] }),
]);
walk(generate, genai, 'ThinkingConfig', [
  (field) => ({ ...contents, generationConfig: { thinkingConfig: { [field]: probe } } }),
]);
walk(generate, genai, 'SafetySetting', [
  (field) => ({
    ...contents,
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF', [field]: probe }],
  }),
]);
walk(
  `/v1beta/models/${model}:embedContent`,
  genai,
  'EmbedContentConfig',
  [(field) => ({ model: undefined, content, [field]: probe })],
  [...local, 'mimeType', 'documentOcr', 'audioTrackExtraction'], // the last three for another server of Google's
);

// Ollama
const ollama = 'ollama/dist/browser.d.ts';
const still = { messages: [user], stream: false };
walk('/api/chat', ollama, 'ChatRequest', [into(still)]);
walk('/api/chat', ollama, 'Options', [(field) => ({ ...still, options: { [field]: probe } })]);
walk('/api/chat', ollama, 'Message', [(field) => ({ stream: false, messages: [{ ...user, [field]: probe }] })]);
walk('/api/chat', ollama, 'ToolCall', [
  (field) => ({
    stream: false,
    messages: [
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} }, [field]: probe }] },
      user,
    ],
  }),
]);
walk('/api/chat', ollama, 'Tool', [
  (field) => ({
    ...still,
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } }, [field]: probe }],
  }),
]);
walk('/api/generate', ollama, 'GenerateRequest', [into({ prompt: 'x', stream: false })]);
walk('/api/embed', ollama, 'EmbedRequest', [into({ input: 'x' })]);
walk('/api/embeddings', ollama, 'EmbeddingsRequest', [into({ prompt: 'x' })]);
walk('/api/show', ollama, 'ShowRequest', [into({})]);
walk('/api/pull', ollama, 'PullRequest', [into({ model: 'nobody' })]);
walk('/api/delete', ollama, 'DeleteRequest', [into({ model: 'nobody' })], [], 'DELETE');
walk('/api/copy', ollama, 'CopyRequest', [into({ source: 'nobody', destination: 'x', model: undefined })]);
