import type { z } from 'zod';
import type { Action } from '../../core/governance/permission.ts';

/** One call of the admin API. Routes, the OpenAPI document and the SDK are made from these. */
export type Operation = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters in braces, as in OpenAPI. */
  readonly path: string;
  /** What the caller's role must permit. */
  readonly action: Action;
  /** One line for the reference. */
  readonly summary: string;
  /** Path parameters; null when there are none. */
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  /** JSON body; `bytes` for an octet stream; null for none. */
  readonly body: z.ZodType | 'bytes' | null;
  readonly answer: z.ZodType | 'bytes' | 'events';
  /** Status of a success. */
  readonly status: 200 | 201;
};

/** What a shape gives when parsed; null where there is none. */
export type Parsed<T> = T extends z.ZodType ? z.output<T> : null;

/** A body as the handler gets it. */
export type BodyOf<T extends Operation> = T['body'] extends 'bytes'
  ? AsyncIterable<Uint8Array>
  : Parsed<T['body']>;

/** An answer as the handler gives it: what the wire shape accepts. */
export type AnswerOf<T extends Operation> = T['answer'] extends z.ZodType
  ? z.input<T['answer']>
  : T['answer'] extends 'bytes'
    ? Uint8Array
    : AsyncIterable<string>;
