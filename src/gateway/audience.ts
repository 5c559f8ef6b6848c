import { attributeValue } from '../core/audience/attribute.ts';
import type { AttributeDeclaration, AttributeValue } from '../core/audience/attribute.ts';
import { compileAudience } from '../core/audience/compile.ts';
import type { Route } from '../core/routing/table.ts';
import { atNames, pointerNames } from '../protocol/inference/json-body.ts';
import type { JsonObject } from '../protocol/inference/json-body.ts';
import type { Headers } from './exchange.ts';

/** What an audience is read from. */
export type Person = { readonly headers: Headers; readonly json: JsonObject | null };

/** Whether whoever sent a request is in the audience. Never throws. */
export type IsInside = (person: Person) => boolean;

/** Makes the audience of a checked route ready; null when everybody is in it. */
export function audienceOf({ audience, attributes }: Route): IsInside | null {
  if (audience === null) return null;
  const compiled = compileAudience(audience, attributes);
  const readers = compiled.attributes.map(readerOf);
  return (person) => compiled.includes(readers.map((read) => read(person)));
}

/** Reads an attribute of whoever sent a request; undefined: missing. Never throws. */
export function readerOf({
  type,
  source,
}: AttributeDeclaration): (person: Person) => AttributeValue | undefined {
  if (source.kind === 'header') {
    const { header } = source;
    return ({ headers }) => attributeValue(type, headers.get(header));
  }
  const names = pointerNames(source.pointer);
  return ({ json }) => attributeValue(type, atNames(json, names));
}
