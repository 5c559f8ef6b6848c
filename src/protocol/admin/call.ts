import type { z } from 'zod';
import type { Operation } from './operation.ts';
import type { OperationId, operations } from './operations.ts';
import type { eventBodySchema } from './rollout.ts';

/** Bytes to send; a function gives them anew, so that a failed upload can be repeated. */
export type ByteSource =
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | (() => Uint8Array | AsyncIterable<Uint8Array>);

/** An event as clients get it. */
export type EventBody = z.output<typeof eventBodySchema>;

/** A field that must be given only if its shape demands something. */
type Field<Name extends string, T> =
  Partial<T> extends T ? { readonly [K in Name]?: T } : { readonly [K in Name]: T };

type ParamsField<T extends Operation> = T['params'] extends z.ZodType
  ? Field<'params', z.input<T['params']>>
  : unknown;

/** What a query is parsed to is also what callers give: numbers, not their spelling. */
type QueryField<T extends Operation> = T['query'] extends z.ZodType
  ? { readonly query?: Partial<z.output<T['query']>> }
  : unknown;

type BodyField<T extends Operation> = T['body'] extends 'bytes'
  ? { readonly body: ByteSource }
  : T['body'] extends z.ZodType
    ? Field<'body', z.input<T['body']>>
    : unknown;

/** What a caller gives to a call. */
export type CallInput<K extends OperationId> = ParamsField<(typeof operations)[K]> &
  QueryField<(typeof operations)[K]> &
  BodyField<(typeof operations)[K]>;

/** What a caller gets from a call. */
export type CallAnswer<K extends OperationId> = AnswerBody<(typeof operations)[K]['answer']>;

type AnswerBody<T> = T extends z.ZodType
  ? z.output<T>
  : T extends 'bytes'
    ? AsyncIterable<Uint8Array>
    : AsyncIterable<EventBody>;
