import assert from 'node:assert/strict';
import test from 'node:test';
import { FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai';
import { answer, city, isUnit, model, parameters, thrown, url } from './served.mjs';

const contents = 'Which range?';
const config = { temperature: 0, systemInstruction: 'Be brief.' };
const google = (apiVersion) =>
  new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: url, ...(apiVersion && { apiVersion }) } });
const client = google();

for (const version of ['v1', 'v1beta']) {
  test(`contents are answered under ${version}`, async () => {
    const whole = await google(version).models.generateContent({ model, contents, config });
    assert.equal(whole.text, answer);
    assert.equal(whole.candidates[0].finishReason, 'STOP');
    const { promptTokenCount, candidatesTokenCount, totalTokenCount } = whole.usageMetadata;
    assert.equal(totalTokenCount, promptTokenCount + candidatesTokenCount);
  });
}

test('a stream says the same', async () => {
  let text = '';
  let last;
  for await (const piece of await client.models.generateContentStream({ model, contents, config })) {
    text += piece.text ?? '';
    last = piece;
  }
  assert.equal(text, answer);
  assert.equal(last.candidates[0].finishReason, 'STOP');
  assert.ok(last.usageMetadata.candidatesTokenCount > 0);
});

test('a talk goes on, streamed and whole', async () => {
  const chat = client.chats.create({ model, config });
  for await (const piece of await chat.sendMessageStream({ message: contents })) assert.ok(piece);
  assert.equal((await chat.sendMessage({ message: 'And again?' })).text, answer);
});

test('a function is called, and its result is answered', async () => {
  const mode = FunctionCallingConfigMode.ANY;
  const declared = { name: 'get_weather', description: 'The weather of a city' };
  const google = { type: Type.OBJECT, properties: { city: { ...city, type: Type.STRING } }, required: ['city'] };
  for (const form of [{ parameters: google }, { parametersJsonSchema: parameters }]) {
    const tools = [{ functionDeclarations: [{ ...declared, ...form }] }];
    const first = await client.models.generateContent({
      model,
      contents,
      config: { ...config, tools, toolConfig: { functionCallingConfig: { mode } } },
    });
    const call = first.functionCalls[0];
    assert.equal(call.name, 'get_weather');
    assert.deepEqual(call.args, { city: 'Hilo' });
    const second = await client.models.generateContent({
      model,
      contents: [
        { role: 'user', parts: [{ text: contents }] },
        first.candidates[0].content,
        {
          role: 'user',
          parts: [{ functionResponse: { id: call.id, name: call.name, response: { output: '21 degrees' } } }],
        },
      ],
      config: { ...config, tools },
    });
    assert.equal(second.text, answer);
  }
});

test('an answer has the shape of a schema of either kind', async () => {
  const schema = {
    type: Type.OBJECT,
    properties: { city: { ...city, type: Type.STRING }, island: { type: Type.BOOLEAN } },
    propertyOrdering: ['island', 'city'],
    required: ['city', 'island'],
  };
  const one = await client.models.generateContent({
    model,
    contents,
    config: { ...config, responseMimeType: 'application/json', responseSchema: schema },
  });
  assert.match(one.text, /^\{"island":(true|false),"city":"Hilo"}$/);
  const other = await client.models.generateContent({
    model,
    contents,
    config: { ...config, responseMimeType: 'application/json', responseJsonSchema: parameters },
  });
  assert.deepEqual(JSON.parse(other.text), { city: 'Hilo' });
  const word = await client.models.generateContent({
    model,
    contents,
    config: { ...config, responseMimeType: 'text/x.enum', responseSchema: { type: Type.STRING, enum: ['Hilo'] } },
  });
  assert.equal(word.text, 'Hilo');
});

test('tokens are counted, and texts become unit vectors', async () => {
  assert.ok((await client.models.countTokens({ model, contents })).totalTokens > 0);
  const two = await client.models.embedContent({ model, contents: ['range', 'meadow'] });
  assert.equal(two.embeddings.length, 2);
  assert.ok(isUnit(two.embeddings[0].values));
});

test('models are listed by their id', async () => {
  const names = [];
  for await (const one of await client.models.list()) names.push(one.name);
  assert.ok(names.includes(`models/${model}`));
  assert.equal((await client.models.get({ model })).name, `models/${model}`);
});

test("errors are the client's own", async () => {
  const missing = await thrown(client.models.generateContent({ model: 'nobody', contents }));
  assert.equal(missing.status, 404);
  assert.match(missing.message, /NOT_FOUND/);
  const wrong = await thrown(client.models.generateContent({ model, contents, config: { topP: 3 } }));
  assert.equal(wrong.status, 400);
  assert.match(wrong.message, /topP/);
});
