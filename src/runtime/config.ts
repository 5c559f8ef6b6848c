import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { Fault } from '../protocol/errors.ts';
import {
  reservedVariables,
  settings,
  variableOf,
  type Config,
  type SettingPath,
} from '../protocol/config.ts';

/** Where the value in force came from. */
export type Origin = 'flag' | 'environment' | 'file' | 'default';

/** One line of `config explain`. */
export type Explained = {
  readonly path: SettingPath;
  readonly value: unknown;
  readonly origin: Origin;
  /** The flag, variable or file that said so. */
  readonly where: string;
  readonly meaning: string;
  readonly variable: string;
};

/** What is asked, in falling precedence. */
export type ConfigSources = {
  /** By setting path, as given on the command line. */
  readonly flags: Readonly<Partial<Record<SettingPath, string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the file; null: `understudy.yaml` here, if there is one. */
  readonly file: string | null;
};

const paths = Object.keys(settings) as SettingPath[];

/** Settings with their origins. Fault `CONFIG_INVALID` for a misspelt key or a bad value. */
export function resolveConfig(sources: ConfigSources): {
  readonly config: Config;
  readonly explained: readonly Explained[];
} {
  refuseUnknownVariables(sources.environment);
  const file = readFile(sources);
  const explained = paths.map((path) => explain(path, sources, file));
  const config = Object.fromEntries(explained.map(({ path, value }) => [path, value]));
  return { config: config as Config, explained };
}

type FileValues = { readonly name: string; readonly values: ReadonlyMap<string, unknown> };

function explain(path: SettingPath, sources: ConfigSources, file: FileValues): Explained {
  const setting = settings[path];
  const variable = variableOf(path);
  const candidates: readonly (readonly [Origin, string, unknown])[] = [
    ['flag', `--${path}`, sources.flags[path]],
    ['environment', variable, sources.environment[variable]],
    ['file', file.name, file.values.get(path)],
    ['default', 'default', setting.fallback],
  ];
  const [origin, where, raw] = candidates.find(([, , value]) => value !== undefined) ?? [
    'default',
    'default',
    setting.fallback,
  ];
  const parsed = setting.shape.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]?.message ?? 'not valid';
    throw new Fault('CONFIG_INVALID', `${path} from ${where}: ${issue}`, path);
  }
  return { path, value: parsed.data, origin, where, meaning: setting.meaning, variable };
}

function readFile({ file, environment }: ConfigSources): FileValues {
  const named = file ?? environment['UNDERSTUDY_CONFIG'] ?? null;
  const name = named ?? 'understudy.yaml';
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch {
    if (named === null) return { name, values: new Map() };
    throw new Fault('CONFIG_INVALID', `the configuration file ${name} cannot be read`);
  }
  const values = flatten(parseFile(text, name), '');
  for (const key of values.keys()) {
    if (!(key in settings)) throw unknownKey(key, `in ${name}`, paths);
  }
  return { name, values };
}

function parseFile(text: string, name: string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch (error) {
    const sentence = error instanceof Error ? error.message.split('\n')[0] : 'not YAML';
    throw new Fault('CONFIG_INVALID', `${name} is not YAML: ${sentence}`);
  }
}

function flatten(value: unknown, path: string): Map<string, unknown> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) {
    if (path === '') throw new Fault('CONFIG_INVALID', 'the configuration must be a map of keys');
    return new Map([[path, value]]);
  }
  const flat = new Map<string, unknown>();
  for (const [key, inner] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    for (const entry of flatten(inner, here)) flat.set(...entry);
  }
  return flat;
}

function refuseUnknownVariables(environment: ConfigSources['environment']): void {
  const known = [...paths.map(variableOf), ...reservedVariables];
  for (const name of Object.keys(environment)) {
    if (name.startsWith('UNDERSTUDY_') && !known.includes(name)) {
      throw unknownKey(name, 'in the environment', known);
    }
  }
}

function unknownKey(key: string, where: string, known: readonly string[]): Fault {
  const nearest = closest(key, known);
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
  return new Fault('CONFIG_INVALID', `there is no setting ${key} (${where})${hint}`, key);
}

/** The known word within a third of its length in edits, or null. */
export function closest(word: string, known: readonly string[]): string | null {
  let best: { readonly word: string; readonly distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (best === null || distance < best.distance) best = { word: candidate, distance };
  }
  return best !== null && best.distance <= Math.ceil(best.word.length / 3) ? best.word : null;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
