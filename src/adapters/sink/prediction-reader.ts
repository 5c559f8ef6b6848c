import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { predictionRecordSchema } from '../../protocol/prediction-log.ts';
import type {
  FoundPredictions,
  PredictionQuery,
  PredictionRecord,
} from '../../protocol/prediction-log.ts';
import { PREDICTION_PLACE, pseudonym, UNIT_PLACE } from '../../protocol/pseudonym.ts';
import type { KeyedDigest } from '../../protocol/pseudonym.ts';
import { isFileOf } from './ndjson/files.ts';
import { linesOf } from './ndjson/lines.ts';

/** Where the files of all gateways lie, and the key of the pseudonyms in them; null: unknown. */
export type PredictionPlace = { readonly root: string; readonly digest: KeyedDigest | null };

type LogFile = { readonly path: string; readonly endMs: number };

/**
 * Looks through the files of every gateway, the last written first, and keeps the newest that
 * match: memory is that of `limit` predictions. Stops at files that end before the oldest of these.
 */
export async function findPredictions(
  { root, digest }: PredictionPlace,
  query: PredictionQuery,
): Promise<FoundPredictions> {
  const newest = new Newest(query.limit);
  const matches = matcher(query, digest);
  let [files, unreadable] = [0, 0];
  for (const { path, endMs } of await predictionFiles(root)) {
    if (endMs < newest.sinceMs || endMs < (query.sinceMs ?? 0)) break;
    files += 1;
    for await (const line of linesOf(path)) {
      const found = line === null ? 'unreadable' : matches(line);
      if (found === 'unreadable') unreadable += 1;
      else if (found !== null) newest.offer(found);
    }
  }
  return { predictions: newest.all(), files, unreadable };
}

/** Files of all gateways below a data directory, the last written first. */
export async function predictionFiles(root: string): Promise<readonly LogFile[]> {
  const gateways = await namesIn(join(root, 'gateways'));
  const folders = gateways.map((name) => join(root, 'gateways', name, 'predictions'));
  const paths = await Promise.all(
    folders.map(async (folder) =>
      (await namesIn(folder))
        .filter((name) => isFileOf('predictions', name))
        .map((name) => join(folder, name)),
    ),
  );
  const files = await Promise.all(
    paths.flat().map(async (path): Promise<LogFile | null> => {
      // Retention may remove a file between two looks.
      const seen = await stat(path).catch(() => null);
      return seen === null ? null : { path, endMs: Math.ceil(seen.mtimeMs) };
    }),
  );
  return files.filter((file) => file !== null).toSorted((a, b) => b.endMs - a.endMs);
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

type Matcher = (line: string) => PredictionRecord | 'unreadable' | null;

/** Most lines are told apart by a word in them, before they are parsed. */
function matcher(query: PredictionQuery, digest: KeyedDigest | null): Matcher {
  const { endpoint, version, outcome, unit, predictionId, sinceMs, untilMs } = query;
  const units = spellings(unit, UNIT_PLACE, digest);
  const ids = spellings(predictionId, PREDICTION_PLACE, digest);
  const words = [
    ...(endpoint === null ? [] : [`"endpoint":${JSON.stringify(endpoint)}`]),
    ...(version === null ? [] : [`"version":${version},`]),
    ...(outcome === null ? [] : [`"outcome":${JSON.stringify(outcome)}`]),
  ];
  return (line) => {
    if (!line.endsWith('}')) return 'unreadable';
    if (!words.every((word) => line.includes(word))) return null;
    const made = recordIn(line);
    if (made === null) return 'unreadable';
    const atMs = Date.parse(made.at);
    const isMeant =
      (endpoint === null || made.endpoint === endpoint) &&
      (version === null || made.version === version) &&
      (outcome === null || made.outcome === outcome) &&
      (units === null || units.includes(made.unit ?? '')) &&
      (ids === null || ids.includes(made.prediction_id ?? '')) &&
      atMs >= (sinceMs ?? 0) &&
      atMs <= (untilMs ?? Number.POSITIVE_INFINITY);
    return isMeant ? made : null;
  };
}

/** How a name is written: as it is, or by its pseudonym; null: any will do. */
function spellings(
  name: string | null,
  place: string,
  digest: KeyedDigest | null,
): readonly string[] | null {
  if (name === null) return null;
  return digest === null ? [name] : [name, pseudonym(digest, place, name)];
}

function recordIn(line: string): PredictionRecord | null {
  try {
    const parsed = predictionRecordSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** The newest of what it is offered, up to a number of them. */
class Newest {
  readonly #max: number;
  #kept: PredictionRecord[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** What is older than that is not among them any more. */
  get sinceMs(): number {
    const oldest = this.#kept.length < this.#max ? undefined : this.#kept.at(-1);
    return oldest === undefined ? Number.NEGATIVE_INFINITY : Date.parse(oldest.at);
  }

  offer(made: PredictionRecord): void {
    if (this.#kept.length >= this.#max && made.at <= (this.#kept.at(-1)?.at ?? '')) return;
    const after = this.#kept.findIndex(({ at }) => at <= made.at);
    this.#kept.splice(after === -1 ? this.#kept.length : after, 0, made);
    if (this.#kept.length > this.#max) this.#kept.pop();
  }

  all(): readonly PredictionRecord[] {
    return this.#kept;
  }
}
