import assert from 'node:assert/strict';
import test from 'node:test';
import { Ollama } from 'ollama';
import { answer, isUnit, model, parameters, thrown, url } from './served.mjs';

const client = new Ollama({ host: url });
const messages = [{ role: 'user', content: 'Which range?' }];
const options = { temperature: 0 };

test('a chat is answered', async () => {
  const whole = await client.chat({ model, messages, options });
  assert.equal(whole.message.content, answer);
  assert.equal(whole.done_reason, 'stop');
  assert.ok(whole.eval_count > 0 && whole.total_duration > 0);
});

test('a stream says the same', async () => {
  let text = '';
  let last;
  for await (const piece of await client.chat({ model, messages, options, stream: true })) {
    text += piece.message.content;
    last = piece;
  }
  assert.equal(text, answer);
  assert.equal(last.done, true);
});

test('a prompt is answered, whole, streamed, and cut by a stop', async () => {
  assert.equal((await client.generate({ model, prompt: 'Which range?', options })).response, answer);
  let text = '';
  for await (const piece of await client.generate({ model, prompt: 'Which range?', options, stream: true })) {
    text += piece.response;
  }
  assert.equal(text, answer);
  const cut = await client.generate({ model, prompt: 'Which range?', options: { ...options, stop: [', '] } });
  assert.equal(cut.response, 'Puna');
});

test('tools are declared, called and answered', async () => {
  const tools = [
    { type: 'function', function: { name: 'get_weather', description: 'The weather of a city', parameters } },
  ];
  const call = { function: { name: 'get_weather', arguments: { city: 'Hilo' } } };
  const whole = await client.chat({
    model,
    options,
    tools,
    messages: [
      ...messages,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_name: 'get_weather', content: '21 degrees' },
    ],
  });
  assert.equal(whole.message.content, answer);
});

test('an answer has the shape of a schema', async () => {
  const whole = await client.chat({ model, messages, options, format: parameters });
  assert.deepEqual(JSON.parse(whole.message.content), { city: 'Hilo' });
});

test('texts become unit vectors', async () => {
  const two = await client.embed({ model, input: ['range', 'meadow'] });
  assert.equal(two.embeddings.length, 2);
  assert.ok(isUnit(two.embeddings[0]));
  assert.equal((await client.embeddings({ model, prompt: 'range' })).embedding.length, two.embeddings[0].length);
});

test('models are listed, shown and told of', async () => {
  assert.ok((await client.list()).models.some((one) => one.name === model));
  assert.ok((await client.ps()).models.some((one) => one.name === model));
  const shown = await client.show({ model });
  assert.equal(shown.details.family, 'llama');
  assert.ok(shown.capabilities.includes('completion'));
  assert.match((await client.version()).version, /^\d+\.\d+/);
});

test("errors are the client's own", async () => {
  const missing = await thrown(client.chat({ model: 'nobody', messages }));
  assert.equal(missing.status_code, 404);
  assert.match(missing.message, /nobody/);
  const wrong = await thrown(client.chat({ model, messages, options: { mirostat: 2 } }));
  assert.equal(wrong.status_code, 400);
  assert.match(wrong.message, /mirostat/);
  const pulled = await thrown(client.pull({ model: 'nobody' }));
  assert.equal(pulled.status_code, 501);
});
