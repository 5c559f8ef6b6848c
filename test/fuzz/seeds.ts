import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const folders = ['examples/models', 'test/vectors/onnx/valid', 'test/vectors/onnx/golden'];

/** Real models to mutate: those of the demonstration and the good ones of the corpus. */
export const seeds: readonly { readonly name: string; readonly file: Uint8Array }[] =
  folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.onnx'))
      .toSorted()
      .map((name) => ({ name: `${folder}/${name}`, file: readFileSync(join(root, folder, name)) })),
  );
