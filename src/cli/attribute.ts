import type { AttributeDeclaration } from '../core/audience/attribute.ts';
import { attributeSchema } from '../protocol/audience.ts';
import { Fault } from '../protocol/errors.ts';
import { pairs } from './reference.ts';

/** How an attribute is declared on the command line. */
export const ATTRIBUTE_FORM = 'NAME=header:X-NAME:TYPE or NAME=pointer:/PATH:TYPE';

const FLAG = '--attribute';
const DECLARATION = /^(header|pointer):(.+):([^:]*)$/;

/** Attributes as audiences speak of them, from `name=header:x-name:text`. Fault `USAGE`. */
export const attributesFrom = (words: readonly string[]): readonly AttributeDeclaration[] =>
  pairs(words, FLAG).map(([name, declared]) => {
    const [, kind, where = '', type] = DECLARATION.exec(declared) ?? [];
    if (kind === undefined) {
      throw new Fault('USAGE', `${name}=${declared} is not ${ATTRIBUTE_FORM}`, FLAG);
    }
    const source =
      kind === 'header' ? { kind, header: where.toLowerCase() } : { kind, pointer: where };
    const parsed = attributeSchema.safeParse({ name, type, source });
    if (parsed.success) return parsed.data;
    const complaint = parsed.error.issues[0]?.message ?? `it is not ${ATTRIBUTE_FORM}`;
    throw new Fault('USAGE', `${name}=${declared}: ${complaint}`, FLAG);
  });

/** An attribute as it is declared. */
export function attributeText({ name, type, source }: AttributeDeclaration): string {
  const where = source.kind === 'header' ? source.header : source.pointer;
  return `${name}=${source.kind}:${where}:${type}`;
}
