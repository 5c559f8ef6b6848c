import { z } from 'zod';
import { ROLES } from '../../core/governance/role.ts';
import { permits } from '../../core/governance/permission.ts';
import { aliasBodySchema, aliasMoveSchema } from './alias.ts';
import { endpointBodySchema, endpointCreateSchema, rollbackAnswerSchema } from './endpoint.ts';
import { healthRowSchema } from './health.ts';
import { modelBodySchema } from './model.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import type { OperationId } from './operations.ts';
import {
  eventBodySchema,
  rolloutBodySchema,
  rolloutCommandSchema,
  verdictBodySchema,
} from './rollout.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import { versionRefSchema } from './scalars.ts';
import { auditBodySchema, gatewayBodySchema, statusBodySchema, tokenBodySchema } from './system.ts';
import { pushSchema, versionBodySchema } from './version.ts';

/** Shapes that have a name of their own in the document. */
const named: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [aliasBodySchema, 'Alias'],
  [aliasMoveSchema, 'AliasMove'],
  [auditBodySchema, 'AuditEntry'],
  [endpointBodySchema, 'Endpoint'],
  [endpointCreateSchema, 'EndpointCreate'],
  [eventBodySchema, 'Event'],
  [gatewayBodySchema, 'Gateway'],
  [healthRowSchema, 'HealthRow'],
  [modelBodySchema, 'Model'],
  [pushSchema, 'VersionPush'],
  [rollbackAnswerSchema, 'RollbackAnswer'],
  [rolloutBodySchema, 'Rollout'],
  [rolloutCommandSchema, 'RolloutCommand'],
  [rolloutSpecSchema, 'RolloutStart'],
  [statusBodySchema, 'Status'],
  [tokenBodySchema, 'Token'],
  [verdictBodySchema, 'Verdict'],
  [versionBodySchema, 'Version'],
  [versionRefSchema, 'VersionRef'],
]);

/** A JSON value that is an object. */
export type JsonObject = { readonly [key: string]: unknown };

const faultShape = z.object({
  error: z.string().describe('What happened, in one sentence.'),
  code: z.string().describe('A stable code; the reference of errors lists them all.'),
  fix: z.string().describe('How to mend it.'),
  path: z.string().optional().describe('Field of the request it is about.'),
  request_id: z.string().optional().describe('Under which the server logged it.'),
});

/** The OpenAPI 3.1 document of the admin API, made from the table of its operations. */
export function openapiDocument(version: string): JsonObject {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const id of Object.keys(operations) as OperationId[]) {
    const operation: Operation = operations[id];
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = operationObject(id, operation, schemas);
  }
  schemas['Fault'] = schemaOf(faultShape, 'output', schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Understudy admin API',
      version,
      description: 'Registers model versions, rolls them out, and takes them back.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8081', description: 'where it listens by default' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(
        Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)),
      ),
    },
  };
}

function operationObject(
  id: OperationId,
  operation: Operation,
  schemas: Record<string, unknown>,
): JsonObject {
  const { summary, action, params, query, method } = operation;
  const roles = ROLES.filter((role) => permits(role, action));
  const parameters = [
    ...parametersOf(params, 'path', schemas),
    ...parametersOf(query, 'query', schemas),
    ...(method === 'GET' ? [] : [idempotencyKey]),
    ...(operation.answer === 'events' ? [lastEventId] : []),
  ];
  return {
    operationId: id,
    tags: [id.split('.')[0]],
    summary,
    description: `Needs a token of one of the roles ${roles.join(', ')}.`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(operation, schemas),
    responses: {
      [operation.status]: answerOf(operation, schemas),
      default: {
        description: 'Refused or failed.',
        content: { 'application/json': { schema: refTo('Fault') } },
      },
    },
  };
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
  description: 'The same request under the same key is done once, and answered alike.',
} as const;

const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  schema: { type: 'string' },
  description: 'Go on after this event.',
} as const;

function parametersOf(
  shape: z.ZodObject | null,
  place: 'path' | 'query',
  schemas: Record<string, unknown>,
): readonly JsonObject[] {
  if (shape === null) return [];
  return Object.entries(shape.shape).map(([name, field]) => {
    const type = field as z.ZodType;
    // What a query is parsed to says more than its spelling, which is always a string.
    const { description, ...schema } = schemaOf(type, 'output', schemas);
    return {
      name,
      in: place,
      required: place === 'path' || !type.safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

function bodyOf({ body }: Operation, schemas: Record<string, unknown>): JsonObject {
  if (body === null) return {};
  const content =
    body === 'bytes'
      ? { 'application/octet-stream': {} }
      : { 'application/json': { schema: schemaOf(body, 'input', schemas) } };
  return { requestBody: { required: true, content } };
}

function answerOf({ answer }: Operation, schemas: Record<string, unknown>): JsonObject {
  if (answer === 'bytes') {
    return { description: 'The bytes.', content: { 'application/octet-stream': {} } };
  }
  if (answer === 'events') {
    schemaOf(eventBodySchema, 'output', schemas);
    const description = 'A stream without end; the data of each event is an `Event` in JSON.';
    return { description, content: { 'text/event-stream': { schema: { type: 'string' } } } };
  }
  const content = { 'application/json': { schema: schemaOf(answer, 'output', schemas) } };
  return { description: 'Done.', content };
}

const refTo = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/**
 * JSON Schema of a shape. Shapes with a name are put into `schemas`, and referred to from wherever
 * they are used.
 */
function schemaOf(
  shape: z.ZodType,
  io: 'input' | 'output',
  schemas: Record<string, unknown>,
): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [one, id] of named) registry.add(one, { id });
  // Only what is inside something is referred to: hence the wrapper.
  const whole = z.toJSONSchema(z.object({ value: shape }), {
    io,
    metadata: registry,
    // A check written in code has no schema; what it wants stands in its description.
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { id: _id, ...said } = z.globalRegistry.get(zodSchema) ?? {};
      Object.assign(jsonSchema, said);
      // An answer may have more fields some day: nobody shall break on them.
      if (io === 'output' && jsonSchema.additionalProperties === false) {
        delete jsonSchema.additionalProperties;
      }
    },
  });
  const text = JSON.stringify(whole)
    .replaceAll('"#/$defs/', '"#/components/schemas/')
    // The one shape without a name that refers to itself: any JSON value.
    .replaceAll('__schema0', 'Json');
  const moved = JSON.parse(text) as {
    $defs?: Record<string, JsonObject>;
    properties: { value: JsonObject };
  };
  for (const [name, { id: _id, ...schema }] of Object.entries(moved.$defs ?? {})) {
    schemas[name] = schema;
  }
  return moved.properties.value;
}
