import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { codeOf } from '../protocol/admin/parse.ts';
import { specProblems } from '../core/rollout/spec-problems.ts';
import { declaredPath, pathSteps } from '../protocol/admin/declared-path.ts';
import { rolloutFromFlags } from '../protocol/admin/rollout-flags.ts';
import type { RolloutFlags } from '../protocol/admin/rollout-flags.ts';
import { rolloutSpecSchema } from '../protocol/admin/rollout-spec.ts';
import type { RolloutRequest } from '../protocol/admin/rollout-spec.ts';
import { issuePath, pathText } from '../protocol/admin/shapes.ts';
import { Fault } from '../protocol/errors.ts';

/** What flags can say of a rollout. */
export type DeclarationFlags = Readonly<Partial<Record<keyof RolloutFlags, string>>>;

const flagNames = [
  'endpoint',
  'candidate',
  'reason',
  'strategy',
  'preset',
  'stages',
  'least',
  'advance',
  'audience',
  'cutOver',
  'keepWarm',
  'sample',
  'watch',
  'objective',
  'bucket',
  'horizon',
  'fallback',
  'onBusy',
  'baseline',
] as const satisfies readonly (keyof RolloutFlags)[];

/** Flags that may stand beside a file: one file serves many versions. */
const besideFile: readonly string[] = ['endpoint', 'candidate', 'baseline', 'onBusy', 'reason'];

/** A declaration as it is sent, and as it is understood with every default filled in. */
export type Declaration = {
  readonly sent: unknown;
  readonly understood: RolloutRequest;
  /** Where it says what the core names so. */
  readonly placeOf: (path: string) => Place;
};

/** A place in a declaration: its path as written, and the line before a sentence about it. */
export type Place = {
  readonly path: string;
  /** `rollout.yaml:12: `, or nothing without a file. */
  readonly line: string;
};

/** The declaration that flags stand for. Fault `USAGE`. */
export function declareByFlags(options: DeclarationFlags): Declaration {
  const given = givenFlags(options);
  const { endpoint, candidate } = given;
  if (endpoint === undefined || candidate === undefined) {
    throw new Fault('USAGE', 'give a file with -f, or ENDPOINT and --candidate MODEL@VERSION');
  }
  const sent = rolloutFromFlags({ ...given, endpoint, candidate });
  const parsed = rolloutSpecSchema.safeParse(sent);
  if (parsed.success) {
    const placeOf = (path: string): Place => ({ path: declaredPath(sent, path), line: '' });
    return { sent, understood: parsed.data, placeOf };
  }
  const [issue] = parsed.error.issues;
  const path = pathText(issue === undefined ? [] : issuePath(issue));
  throw new Fault(codeOf(issue, 'USAGE'), issue?.message ?? 'it is not sound', path || null);
}

/** The declaration in a file, with what flags say of it. Fault `ROLLOUT_SPEC_INVALID`. */
export function declareByFile(name: string, text: string, options: DeclarationFlags): Declaration {
  const flags = givenFlags(options);
  const odd = Object.keys(flags).find((flag) => !besideFile.includes(flag));
  if (odd !== undefined) {
    const flag = odd.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    throw new Fault('USAGE', `--${flag} cannot stand beside a file; write it in ${name}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new Fault('ROLLOUT_SPEC_INVALID', `${name}:${line}: not YAML: ${broken.message}`);
  }
  const declared: unknown = document.toJS();
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) {
    throw new Fault('ROLLOUT_SPEC_INVALID', `${name} does not hold a map of keys`);
  }
  const sent = { ...declared, ...flags };
  const parsed = rolloutSpecSchema.safeParse(sent);
  if (parsed.success) {
    const placeOf = (path: string): Place => {
      const written = declaredPath(declared, path);
      return { path: written, line: `${name}${lineOf(document, lines, pathSteps(written))}: ` };
    };
    return { sent, understood: parsed.data, placeOf };
  }
  const [issue] = parsed.error.issues;
  const steps = issue === undefined ? [] : issuePath(issue);
  const where = `${name}${lineOf(document, lines, steps)}`;
  const code = codeOf(issue, 'ROLLOUT_SPEC_INVALID');
  throw new Fault(code, `${where}: ${issue?.message ?? ''}`, pathText(steps));
}

/**
 * What the start of a rollout would refuse although the shape is right. Faults
 * `ROLLOUT_NO_TRIGGER`, `ROLLOUT_SPEC_INVALID`.
 */
export function refuseUnsound({ understood: { spec }, placeOf }: Declaration): void {
  if (!spec.checks.some(({ onFail }) => onFail === 'hard')) {
    const { path, line } = placeOf('triggers');
    const sentence = 'no trigger is hard: nothing would take a bad candidate out again';
    throw new Fault('ROLLOUT_NO_TRIGGER', `${line}${sentence}`, path);
  }
  const [first] = specProblems(spec);
  if (first === undefined) return;
  const { path, line } = placeOf(first.path);
  throw new Fault('ROLLOUT_SPEC_INVALID', `${line}${first.sentence}`, path);
}

const givenFlags = (options: DeclarationFlags): DeclarationFlags =>
  Object.fromEntries(
    flagNames.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** `:12` for what stands in line 12; the line of what should hold it when it is missing. */
function lineOf(document: Document, lines: LineCounter, steps: readonly PropertyKey[]): string {
  for (let depth = steps.length; depth >= 0; depth -= 1) {
    const node: unknown = document.getIn(steps.slice(0, depth), true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start !== undefined) return `:${lines.linePos(start).line}`;
  }
  return '';
}
