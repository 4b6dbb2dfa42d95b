import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { answer, model, parameters, thrown, url } from './served.mjs';

const client = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
const question = { model, max_tokens: 200, messages: [{ role: 'user', content: 'Which range?' }] };
const tools = [{ name: 'get_weather', description: 'The weather of a city', input_schema: parameters }];

test('a message is answered', async () => {
  const message = await client.messages.create(question);
  assert.equal(message.content[0].text, answer);
  assert.equal(message.stop_reason, 'end_turn');
});

test('a stream says the same', async () => {
  const stream = client.messages.stream(question);
  let text = '';
  stream.on('text', (piece) => (text += piece));
  const message = await stream.finalMessage();
  assert.equal(text, answer);
  assert.equal(message.content[0].text, answer);
  assert.ok(message.usage.output_tokens > 0);
});

test('a tool is used, its input is streamed, its result is answered', async () => {
  const tool_choice = { type: 'any', disable_parallel_tool_use: true };
  const first = await client.messages.create({ ...question, tools, tool_choice });
  const use = first.content.at(-1);
  assert.equal(first.stop_reason, 'tool_use');
  assert.deepEqual(use.input, { city: 'Hilo' });
  const streamed = await client.messages.stream({ ...question, tools, tool_choice }).finalMessage();
  assert.deepEqual(streamed.content.at(-1).input, { city: 'Hilo' });
  const second = await client.messages.create({
    ...question,
    tools,
    messages: [
      ...question.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '21 degrees' }] },
    ],
  });
  assert.equal(second.content[0].text, answer);
});

test('an answer has the shape of a schema', async () => {
  const output_config = { format: { type: 'json_schema', schema: parameters } };
  const message = await client.messages.create({ ...question, output_config });
  assert.deepEqual(JSON.parse(message.content[0].text), { city: 'Hilo' });
});

test('tokens are counted, models listed', async () => {
  const { messages } = question;
  assert.ok((await client.messages.countTokens({ model, messages })).input_tokens > 0);
  const ids = [];
  for await (const one of client.models.list()) ids.push(one.id);
  assert.ok(ids.includes(model));
});

test("errors are the client's own", async () => {
  const missing = await thrown(client.messages.create({ ...question, model: 'nobody' }));
  assert.ok(missing instanceof Anthropic.NotFoundError);
  const wrong = await thrown(client.messages.create({ ...question, max_tokens: 0 }));
  assert.ok(wrong instanceof Anthropic.BadRequestError);
  assert.match(wrong.message, /max_tokens/);
});
