/** What the suite asks, and how it reads what comes back. */

/** Asks the server under test. */
export type Call = (path: string, init?: RequestInit) => Promise<Response>;

/** A JSON object nobody has looked into. */
export type Json = Readonly<Record<string, unknown>>;

/** A request with a body: JSON, or text and bytes as they are. */
export const post = (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body:
    typeof body === 'string' || body instanceof Uint8Array
      ? (body as NonNullable<RequestInit['body']>)
      : JSON.stringify(body),
});

/** The body of an answer that is JSON. */
export const jsonOf = async (response: Response): Promise<Json> => (await response.json()) as Json;

/** Says how long the JSON before binary tensors is. */
export const HEAD_LENGTH = 'inference-header-content-length';

/** The first input of `simple`: 0 to 15. */
export const numbers = Array.from({ length: 16 }, (_none, n) => n);

/** The second: all ones. */
export const ones = numbers.map(() => 1);

/** A tensor of `simple`. */
export const int32 = (name: string, data: readonly unknown[]): object => ({
  name,
  datatype: 'INT32',
  shape: [1, 16],
  data,
});

/** The usual request of `simple`. */
export const simple = { inputs: [int32('INPUT0', numbers), int32('INPUT1', ones)] };

/** Its first output. */
export const sum = {
  name: 'OUTPUT0',
  datatype: 'INT32',
  shape: [1, 16],
  data: numbers.map((n) => n + 1),
};

/** Its second output. */
export const difference = { ...sum, name: 'OUTPUT1', data: numbers.map((n) => n - 1) };
