import type { Paint } from './paint.ts';
import type { Surface } from './table.ts';

/** Where a command writes: data to stdout, chatter to stderr. */
export type Output = {
  readonly json: boolean;
  /** A person watches: lines may be drawn anew. */
  readonly isTty: boolean;
  readonly paint: Paint;
  /** What tables are drawn with. */
  readonly surface: Surface;
  /** Columns of the window. */
  readonly columns: number;
  /** One line, or several, of data. */
  readonly data: (text: string) => void;
  /** Raw text to stdout, without a line end. */
  readonly raw: (text: string) => void;
  /** Chatter; not with --quiet. */
  readonly say: (text: string) => void;
  /** Chatter for those who ask for it with --verbose. */
  readonly detail: (text: string) => void;
  /** What must be heard even with --quiet. */
  readonly warn: (text: string) => void;
  /** The result: one JSON object with --json, else what a person reads. */
  readonly result: (value: object, human: () => string) => void;
};

type Streams = {
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  readonly isTty: boolean;
};

type Wishes = {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
};

const COLUMNS_DEFAULT = 100;
/** A pipe has no edge to cut at. */
const COLUMNS_ENDLESS = 100_000;

/** An output on two streams. */
export function createOutput(streams: Streams, wishes: Wishes, paint: Paint): Output {
  const { stdout, stderr, isTty } = streams;
  const { json, quiet, verbose } = wishes;
  const columns = stdout.columns ?? COLUMNS_DEFAULT;
  const data = (text: string): void => void stdout.write(`${text}\n`);
  return {
    json,
    isTty,
    paint,
    columns,
    surface: { paint, columnsMax: isTty ? columns : COLUMNS_ENDLESS },
    data,
    raw: (text) => void stdout.write(text),
    say: (text) => void (quiet || stderr.write(`${text}\n`)),
    detail: (text) => void (verbose && stderr.write(`${text}\n`)),
    warn: (text) => void stderr.write(`${text}\n`),
    result: (value, human) => data(json ? JSON.stringify(value) : human()),
  };
}
