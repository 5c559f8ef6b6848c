import { readFileSync } from 'node:fs';

/** One held-out row of the demo data with its true class. */
export type Row = { readonly features: readonly number[]; readonly label: number };

const models = new URL('../models/', import.meta.url);

/** Rows no model was trained on, as upstream sends them now: some with −1 for «missing». */
export function readRows(): readonly Row[] {
  const file = JSON.parse(readFileSync(new URL('rows.json', models), 'utf8')) as {
    readonly rows: readonly Row[];
  };
  return file.rows;
}

/** The files of one of the three trained versions. */
export function readVersion(name: 'v1' | 'v2' | 'v3') {
  const lineage = JSON.parse(readFileSync(new URL(`${name}.lineage.json`, models), 'utf8')) as {
    readonly metrics?: Readonly<Record<string, number>>;
  };
  return {
    bytes: new Uint8Array(readFileSync(new URL(`${name}.onnx`, models))),
    lineage,
    golden: JSON.parse(readFileSync(new URL(`${name}.golden.json`, models), 'utf8')) as object,
  };
}
