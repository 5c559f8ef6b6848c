import { z } from 'zod';
import type { StrategyKind, StrategySpec } from '../../../core/strategy/spec.ts';
import { abTestDeclaration } from './ab-test.ts';
import { banditDeclaration } from './bandit.ts';
import { issuePath } from '../shapes.ts';
import { blueGreenDeclaration } from './blue-green.ts';
import { canaryDeclaration, presetNames } from './canary.ts';
import { championChallengerDeclaration } from './champion-challenger.ts';
import type { Declaration, Setting } from './declaration.ts';
import { gradualDeclaration } from './gradual.ts';
import { phasedDeclaration } from './phased.ts';
import { shadowDeclaration } from './shadow.ts';

/** How every strategy is declared. */
export const declarations: { readonly [K in StrategyKind]: Declaration<K> } = {
  canary: canaryDeclaration,
  'blue-green': blueGreenDeclaration,
  shadow: shadowDeclaration,
  gradual: gradualDeclaration,
  phased: phasedDeclaration,
  'ab-test': abTestDeclaration,
  'champion-challenger': championChallengerDeclaration,
  bandit: banditDeclaration,
};

const kinds = Object.keys(declarations) as readonly StrategyKind[];
const knownKinds = `known strategies: ${kinds.join(', ')}`;
const knownWords = `known presets: ${presetNames.join(', ')}; ${knownKinds}`;

/** The strategies of a rollout in order, once the rest of the declaration is known. */
export type StrategyWish = (setting: Setting) => readonly [StrategySpec, ...StrategySpec[]];

/** The key of what follows. */
export const FOLLOWED_BY = 'then';

type One = (setting: Setting) => StrategySpec;
type Said = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** See `FAULT_PARAM`. */
  readonly params: Readonly<Record<string, unknown>>;
};
type Reading =
  | { readonly ok: true; readonly one: One }
  | { readonly ok: false; readonly said: readonly Said[] };

/**
 * A strategy: a preset's name, a strategy's name, or an object with `kind`. `then` in the object
 * says what follows when it is done: one more, or a list.
 */
export const strategySchema: z.ZodType<StrategyWish> = z
  .unknown()
  .transform((given, context): StrategyWish => {
    const { then: after, ...own } = isRecord(given) ? given : { kind: undefined };
    const first = readOne(isRecord(given) ? own : given);
    const later = after === undefined ? [] : Array.isArray(after) ? after : [after];
    const followers = later.map((one, index) => {
      const at = Array.isArray(after) ? ['then', index] : ['then'];
      return prefixed(readOne(one), at);
    });
    const readings = [first, ...followers];
    const ones: One[] = [];
    for (const reading of readings) {
      if (reading.ok) ones.push(reading.one);
      else for (const said of reading.said) report(context, said);
    }
    const [head, ...rest] = ones;
    if (head === undefined || ones.length < readings.length) return z.NEVER;
    return (setting) => [head(setting), ...rest.map((one) => one(setting))];
  })
  .meta({ anyOf: schemaForms() });

function readOne(given: unknown): Reading {
  if (typeof given === 'string') return readWord(given);
  if (!isRecord(given)) return refused([], `write a name or an object; ${knownWords}`);
  const { kind = 'canary' } = given;
  const known = kinds.find((one) => one === kind);
  if (known === undefined) return refused(['kind'], knownKinds);
  return readLong(known, { ...given, kind });
}

function readWord(word: string): Reading {
  if (presetNames.some((name) => name === word)) {
    return readLong('canary', { kind: 'canary', preset: word });
  }
  const kind = kinds.find((one) => one === word);
  return kind === undefined ? refused([], knownWords) : readLong(kind, { kind });
}

function readLong(kind: StrategyKind, given: unknown): Reading {
  const read = declarations[kind].read(given);
  if (read.ok) return { ok: true, one: (setting) => read.specIn(setting) };
  const said = read.issues.map((issue) => {
    const { message } = issue;
    return {
      path: issuePath(issue),
      message,
      params: issue.code === 'custom' ? (issue.params ?? {}) : {},
    };
  });
  return { ok: false, said };
}

const refused = (path: readonly PropertyKey[], message: string): Reading => ({
  ok: false,
  said: [{ path, message, params: {} }],
});

const prefixed = (reading: Reading, at: readonly PropertyKey[]): Reading =>
  reading.ok
    ? reading
    : {
        ok: false,
        said: reading.said.map((one) => ({ ...one, path: [...at, ...one.path] })),
      };

function report(context: z.core.$RefinementCtx, { path, ...said }: Said): void {
  context.addIssue({ code: 'custom', path: [...path], ...said });
}

const isRecord = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

/** The words and the long forms as JSON Schema; each long form may say what follows it. */
function schemaForms(): readonly object[] {
  const words = { type: 'string', enum: [...presetNames, ...kinds] };
  const longs = kinds.map((kind) => {
    const { $schema: _dialect, ...own } = z.toJSONSchema(declarations[kind].shape, { io: 'input' });
    return own;
  });
  const following = { description: 'What follows when it is done: a strategy or a list of them.' };
  const withThen = longs.map((own) => ({
    ...own,
    properties: { ...own.properties, [FOLLOWED_BY]: following },
  }));
  return [words, ...withThen];
}
