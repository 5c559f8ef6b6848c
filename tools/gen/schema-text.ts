import type { Schema } from '../../src/protocol/admin/json-schema.ts';
import { code } from './markdown.ts';

/** A type in a few words; what has more parts than fit stands in the document itself. */
export function typeText(schema: Schema): string {
  const { $ref, title, anyOf, oneOf, items, type, properties } = schema;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (title !== undefined) return title;
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((word) => code(word)).join(', ');
  const some = anyOf ?? oneOf;
  if (some !== undefined) return [...new Set(some.map(typeText))].join(' or ');
  if (items !== undefined) return `list of ${typeText(items)}`;
  if (properties !== undefined) return `{ ${Object.keys(properties).join(', ')} }`;
  if (type === undefined) return 'any JSON';
  return typeof type === 'string' ? type : type.join(' or ');
}

/** What is said of a field: its description, and its default when only the schema knows it. */
export const meaningText = ({ description = '', default: usual }: Schema): string =>
  usual === undefined || /default/i.test(description)
    ? description
    : `${description} Default: ${code(JSON.stringify(usual))}.`.trim();
