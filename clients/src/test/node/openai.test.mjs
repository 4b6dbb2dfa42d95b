import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';
import { answer, isUnit, model, parameters, thrown, url } from './served.mjs';

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
const question = { model, temperature: 0, messages: [{ role: 'user', content: 'Which range?' }] };
const tools = [
  { type: 'function', function: { name: 'get_weather', description: 'The weather of a city', parameters } },
];

test('a chat is answered', async () => {
  const whole = await client.chat.completions.create(question);
  assert.equal(whole.choices[0].message.content, answer);
  assert.equal(whole.choices[0].finish_reason, 'stop');
  assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
});

test('a stream says the same', async () => {
  const stream = await client.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, answer);
  assert.ok(usage.completion_tokens > 0);
});

test('a required tool is called, its arguments are streamed, its result is answered', async () => {
  const asked = { ...question, tools, tool_choice: 'required', parallel_tool_calls: false };
  const message = (await client.chat.completions.create(asked)).choices[0].message;
  assert.equal(message.tool_calls[0].function.name, 'get_weather');
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: 'Hilo' });

  const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
  assert.deepEqual(JSON.parse(streamed.choices[0].message.tool_calls[0].function.arguments), { city: 'Hilo' });

  const second = await client.chat.completions.create({
    ...question,
    tools,
    messages: [
      ...question.messages,
      message,
      { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '21 degrees' },
    ],
  });
  assert.equal(second.choices[0].message.content, answer);
});

test('an answer has the shape of a schema', async () => {
  const whole = await client.chat.completions.parse({
    ...question,
    response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema: parameters } },
  });
  assert.deepEqual(JSON.parse(whole.choices[0].message.content), { city: 'Hilo' });
});

test('a response is given and streamed', async () => {
  const response = await client.responses.create({ model, temperature: 0, input: 'Which range?' });
  assert.equal(response.output_text, answer);
  let text = '';
  for await (const event of await client.responses.create({ model, temperature: 0, input: 'Which range?', stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  assert.equal(text, answer);
});

test('texts become unit vectors however they are sent', async () => {
  const base64 = await client.embeddings.create({ model, input: ['range', 'meadow'] });
  const floats = await client.embeddings.create({ model, input: ['range', 'meadow'], encoding_format: 'float' });
  assert.equal(floats.data.length, 2);
  floats.data.forEach(({ embedding }, i) => {
    assert.ok(isUnit(embedding));
    assert.deepEqual(base64.data[i].embedding.map(Math.fround), embedding.map(Math.fround));
  });
});

test('models are listed by their id', async () => {
  const ids = [];
  for await (const one of client.models.list()) ids.push(one.id);
  assert.ok(ids.includes(model));
  assert.equal((await client.models.retrieve(model)).id, model);
});

test("errors are the client's own", async () => {
  const missing = await thrown(client.chat.completions.create({ ...question, model: 'nobody' }));
  assert.ok(missing instanceof OpenAI.NotFoundError);
  assert.equal(missing.code, 'model_not_found');
  const wrong = await thrown(client.chat.completions.create({ ...question, temperature: 7 }));
  assert.ok(wrong instanceof OpenAI.BadRequestError);
  assert.equal(wrong.param, 'temperature');
});
