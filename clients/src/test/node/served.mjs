// Where the server is, and what its toy model says.
export const url = process.env.PUNA_URL;
export const model = process.env.PUNA_MODEL;
export const answer = decodeURIComponent(process.env.PUNA_ANSWER);

export const city = { type: 'string', enum: ['Hilo'] };
export const parameters = {
  type: 'object',
  properties: { city },
  required: ['city'],
  additionalProperties: false,
};

export const length = (vector) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
export const isUnit = (vector) => Math.abs(length(vector) - 1) < 1e-3;

export async function thrown(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
