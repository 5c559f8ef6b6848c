import type { StrategyKind } from '../../src/core/strategy/spec.ts';
import type { Schema } from '../../src/protocol/admin/json-schema.ts';
import {
  KINDS,
  SENTENCES,
  rolloutSchema,
  strategyForm,
} from '../../src/protocol/admin/rollout-schema.ts';
import { MADE, code, page, table } from './markdown.ts';
import { meaningText, typeText } from './schema-text.ts';

/** `docs/reference/rollout-yaml.md`: every key of every strategy. */
export function rolloutYamlPage(): string {
  return page([
    '# Keys of rollout.yaml',
    MADE,
    'Every key that a declaration may have. What they are for is in the [guide](../guides/' +
      'rollout-yaml.md) and in the page of each strategy. The same as JSON Schema, for editors: ' +
      '[rollout.schema.json](rollout.schema.json).',
    'A key in bold is required. A duration is written `500ms`, `10s`, `5m`, `2h`, `1d` or ' +
      '`1h30m`; a share `5%` or `5`; a percentage `1%`.',
    '## The declaration',
    ...tables(rolloutSchema(), []),
    '`candidate` or `candidates`, one of them, is required. `strategy` is the name of a preset ' +
      'or of a strategy, or an object with `kind`; below are the keys of each kind. In each, ' +
      '`then` says what follows it ([sequences](../guides/sequences.md)).',
    ...KINDS.flatMap(strategyBlocks),
  ]);
}

const strategyBlocks = (kind: StrategyKind): readonly string[] => [
  `## ${kind}`,
  SENTENCES[kind],
  ...tables(strategyForm(kind), ['strategy']),
];

/** A table of an object's keys, and below it those of the objects in it. */
function tables(schema: Schema, path: readonly string[]): readonly string[] {
  const { properties, required = [] } = schema;
  if (properties === undefined) return [];
  const rows = Object.entries(properties).map(([name, field]) => [
    required.includes(name) ? `**${code(name)}**` : code(name),
    name === 'strategy' ? 'see below' : typeText(field),
    meaningText(field),
  ]);
  const inner = Object.entries(properties).flatMap(([name, field]) =>
    objectsIn(field).flatMap((one) => {
      const here = [...path, name];
      return [`${code(here.join('.'))}${kindOf(one)}:`, ...tables(one, here)];
    }),
  );
  return [table(['key', 'is', 'means'], rows), ...inner];
}

/** The objects that a field may be, or may be a list of; `kind` alone is nothing to explain. */
function objectsIn(field: Schema): readonly Schema[] {
  const { anyOf = [], oneOf = [], items, properties } = field;
  if (properties !== undefined) return Object.keys(properties).join() === 'kind' ? [] : [field];
  return [...anyOf, ...oneOf, ...(items === undefined ? [] : [items])].flatMap(objectsIn);
}

/** Of several forms, the one that is meant. */
function kindOf({ properties }: Schema): string {
  const kind = properties?.['kind']?.const;
  return typeof kind === 'string' ? ` with kind ${code(kind)}` : '';
}
