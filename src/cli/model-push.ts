import type { Command } from 'commander';
import { createReadStream, statSync } from 'node:fs';
import { goldenSchema } from '../protocol/admin/golden.ts';
import type { Golden } from '../protocol/admin/golden.ts';
import { lineageFileSchema } from '../protocol/admin/version.ts';
import type { LineageFile } from '../protocol/admin/version.ts';
import { Fault } from '../protocol/errors.ts';
import { several } from './command.ts';
import type { Runner } from './command.ts';
import { pairs, parseJson } from './reference.ts';
import { readText, unreadable } from './session.ts';
import type { Session } from './session.ts';
import { bytes, duration } from './wording.ts';

type Options = {
  readonly name: string;
  readonly version?: string;
  readonly metric?: readonly string[];
  readonly tag?: readonly string[];
  readonly lineage?: string;
  readonly golden?: string;
};

/** `model push`. */
export function addModelPush(model: Command, runner: Runner): void {
  model
    .command('push FILE')
    .description('make a file a version of a model, once it has passed admission')
    .requiredOption('--name <model>', 'the model it is a version of')
    .option('--version <label>', 'a label beside the number; default: the time')
    .option('--metric <key=value>', 'a figure measured offline; may be repeated', several)
    .option('--tag <key=value>', 'a tag; may be repeated', several)
    .option('--lineage <file>', 'JSON: data, code, dependencies and command it was made with')
    .option('--golden <file>', 'JSON: inputs with the outputs the model gave where it was made')
    .action(
      runner.does<Options>(async (session, [file = ''], options) => {
        const { name, version: label } = options;
        // All that a person may have mistyped is looked at before a large file goes up.
        const body = {
          metrics: metricsOf(options.metric),
          tags: Object.fromEntries(pairs(options.tag, '--tag')),
          lineage: options.lineage === undefined ? null : lineageIn(options.lineage),
          golden: options.golden === undefined ? null : goldenIn(options.golden),
          ...(label === undefined ? {} : { label }),
        };
        const content = upload(session, file);
        const client = await session.client();
        const uploaded = await client.blob.put({ body: content });
        session.out.say('admission: the file is examined and tried ...');
        const pushed = await client.version.push({
          params: { model: name },
          body: { ...body, digest: uploaded.digest },
        });
        session.out.result(pushed, () => sentenceOf(pushed, session));
      }),
    );
}

type Pushed = {
  readonly created: boolean;
  readonly ignored: readonly string[];
  readonly version: {
    readonly name: string;
    readonly label: string;
    readonly admission: { readonly checks: readonly unknown[]; readonly probeMs: number };
  };
};

function sentenceOf({ version, created, ignored }: Pushed, { out }: Session): string {
  const name = `${out.paint('strong', version.name)} (${version.label})`;
  const { checks, probeMs } = version.admission;
  if (created) return `${name}: admitted, ${checks.length} checks, probe ${duration(probeMs)}`;
  const kept = ignored.length === 0 ? '' : `; kept as it was: ${ignored.join(', ')}`;
  return `${name}: these bytes were pushed before, nothing was changed${kept}`;
}

function metricsOf(words: readonly string[] | undefined): Record<string, number> {
  return Object.fromEntries(
    pairs(words, '--metric').map(([key, text]) => {
      const value = Number(text);
      if (text.trim() !== '' && Number.isFinite(value)) return [key, value];
      throw new Fault('USAGE', `${key}=${text}: a metric is a number`, '--metric');
    }),
  );
}

function lineageIn(path: string): LineageFile {
  const parsed = lineageFileSchema.safeParse(parseJson(readText(path), path));
  if (parsed.success) return parsed.data;
  throw fileFault(path, parsed.error.issues);
}

function goldenIn(path: string): Golden {
  const parsed = goldenSchema.safeParse(parseJson(readText(path), path));
  if (parsed.success) return parsed.data;
  throw fileFault(path, parsed.error.issues);
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

function fileFault(file: string, [issue]: readonly Issue[]): Fault {
  const path = issue?.path.map(String).join('.') ?? '';
  return new Fault('FILE_INVALID', `${file}: ${issue?.message ?? 'wrong shape'}`, path || null);
}

const PROGRESS_STEP = 0.1;

/** The bytes of a file, read as they are sent; says on a terminal how far it is. */
function upload({ out }: Session, path: string): () => AsyncIterable<Uint8Array> {
  const size = sizeOf(path);
  return async function* read() {
    out.say(`upload: ${path}, ${bytes(size)}`);
    let sent = 0;
    let said = 0;
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      yield chunk;
      sent += chunk.length;
      if (out.isTty && sent / size >= said + PROGRESS_STEP && sent < size) {
        said = sent / size;
        out.say(`upload: ${Math.floor(said * 100)}%`);
      }
    }
  };
}

function sizeOf(path: string): number {
  try {
    const found = statSync(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new Fault('FILE_UNREADABLE', `${path} is not a file`);
}
