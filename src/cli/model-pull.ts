import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../protocol/errors.ts';
import type { Runner } from './command.ts';
import { readVersion } from './reference.ts';
import { bytes } from './wording.ts';

type Options = { readonly output?: string; readonly force?: true };

/** `model pull`. */
export function addModelPull(model: Command, runner: Runner): void {
  model
    .command('pull MODEL[@VERSION]')
    .usage('MODEL[@VERSION|@LABEL|@ALIAS]')
    .description('download a version’s file, and verify it')
    .option('-o, --output <file>', 'where to; default: MODEL-VERSION.onnx')
    .option('--force', 'replace a file that is there')
    .action(
      runner.does<Options>(async (session, [word = ''], { output, force }) => {
        const client = await session.client();
        const version = await readVersion(client, word);
        const { digest, model: name, version: number } = version;
        const path = output ?? `${name}-${number}.onnx`;
        if (force !== true && existsSync(path)) {
          throw new Fault('FILE_UNWRITABLE', `${path} is there already`);
        }
        const content = await client.blob.read({ params: { digest } });
        const size = await save(content, path, digest);
        session.out.result({ version: version.name, digest, bytes: size, file: path }, () =>
          `${version.name} is in ${path} (${bytes(size)}, ${digest} verified)`.trim(),
        );
      }),
    );
}

/** Writes beside the place and moves it there when the digest is right: never half a model. */
async function save(
  content: AsyncIterable<Uint8Array>,
  path: string,
  digest: string,
): Promise<number> {
  const part = `${path}.part`;
  const hash = createHash('sha256');
  const file = await open(part, 'w').catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Fault('FILE_UNWRITABLE', `${part} cannot be written (${code})`);
  });
  try {
    const size = await copy(content, file, hash);
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest) {
      throw new Fault('BLOB_CORRUPT', `the bytes that came have ${found}, not ${digest}`);
    }
    await file.sync();
    await rename(part, path);
    return size;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function copy(
  content: AsyncIterable<Uint8Array>,
  file: FileHandle,
  hash: Hash,
): Promise<number> {
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    await file.write(chunk);
    size += chunk.length;
  }
  return size;
}
