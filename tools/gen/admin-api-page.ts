import { permits } from '../../src/core/governance/permission.ts';
import { ROLES } from '../../src/core/governance/role.ts';
import type { Schema } from '../../src/protocol/admin/json-schema.ts';
import { openapiDocument } from '../../src/protocol/admin/openapi.ts';
import { operations } from '../../src/protocol/admin/operations.ts';
import type { OperationId } from '../../src/protocol/admin/operations.ts';
import { MADE, code, page, table } from './markdown.ts';
import { meaningText, typeText } from './schema-text.ts';

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

type Described = {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
};

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** `docs/reference/admin-api.md`. */
export function adminApiPage(version: string): string {
  const document = openapiDocument(version) as unknown as Document;
  return page([
    '# Admin API',
    MADE,
    'HTTP and JSON, by default on `http://127.0.0.1:8081`. The OpenAPI 3.1 document is ' +
      '[openapi.json](openapi.json), and the server answers with it at `/openapi.json`.',
    'Every call carries `Authorization: Bearer <token>`. A call that changes something may carry ' +
      '`Idempotency-Key: <up to 200 characters>`: the same request under the same key is done ' +
      'once, and its repetition is answered as it was. Every answer has `x-request-id`. What is ' +
      'refused or fails is answered with a `Fault`; [errors.md](errors.md) lists their codes.',
    '## Calls',
    ...(Object.keys(operations) as OperationId[]).flatMap((id) => callBlocks(id, document)),
    '## Shapes',
    ...Object.entries(document.components.schemas).flatMap(([name, schema]) => [
      `### ${name}`,
      schema.description ?? '',
      shapeBlock(schema),
    ]),
  ]);
}

function callBlocks(id: OperationId, { paths }: Document): readonly string[] {
  const { method, path, action } = operations[id];
  const described = paths[path]?.[method.toLowerCase()];
  if (described === undefined) return [];
  const { summary, parameters = [], requestBody, responses } = described;
  const roles = ROLES.filter((role) => permits(role, action));
  const [status] = Object.keys(responses);
  const answer = responses[status ?? ''];
  const said = parameters.filter(({ name }) => name !== 'Idempotency-Key');
  return [
    `### ${method} ${path}`,
    `${summary} Roles: ${roles.join(', ')}.`,
    said.length === 0
      ? ''
      : table(
          ['parameter', 'in', 'type', 'meaning'],
          said.map((one) => [
            code(one.name),
            one.in,
            typeText(one.schema),
            one.description ?? meaningText(one.schema),
          ]),
        ),
    [
      ...(requestBody === undefined ? [] : [`Body: ${contentText(requestBody.content)}.`]),
      `Answer ${status ?? ''}: ${contentText(answer?.content ?? {})}.`,
    ].join(' '),
  ];
}

function contentText(content: Content): string {
  const [[type, { schema }] = ['nothing', {}]] = Object.entries(content);
  return type !== 'application/json' || schema === undefined ? code(type) : typeText(schema);
}

function shapeBlock(schema: Schema): string {
  const { properties } = schema;
  if (properties === undefined) return typeText(schema);
  return table(
    ['field', 'type', 'meaning'],
    Object.entries(properties).map(([name, field]) => [
      schema.required?.includes(name) === true ? `**${code(name)}**` : code(name),
      typeText(field),
      meaningText(field),
    ]),
  );
}
