import type { Signature } from '../../src/core/catalog/signature.ts';
import type { Endpoint } from '../../src/core/routing/endpoint.ts';
import type { Journal, PlannedPut } from '../../src/control/journal.ts';
import { versionKey } from '../../src/control/state.ts';
import { planEndpoint } from '../../src/control/transition-plan.ts';
import { endpointSample, refSample, versionSample } from '../samples.ts';

/** What a world begins with. */
export type Catalog = {
  readonly models: readonly { readonly name: string; readonly versions: number }[];
  readonly endpoints: readonly { readonly name: string; readonly model: string }[];
  /** Whether every other version has golden rows; absent: none has. */
  readonly hasGolden?: boolean;
};

/** Two models of three versions, each with an endpoint that serves the first. */
export const twoModels: Catalog = {
  models: [
    { name: 'tumour', versions: 3 },
    { name: 'fraud', versions: 3 },
  ],
  endpoints: [
    { name: 'risk', model: 'tumour' },
    { name: 'alarm', model: 'fraud' },
  ],
};

/** Every version takes one number and gives one. */
const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
};

/** Golden rows of such versions: any answer will do, and a number that no client sends. */
export const GOLDEN = {
  digest: `sha256:${'60'.repeat(32)}`,
  file: new TextEncoder().encode(JSON.stringify({ inputs: { x: [[9_999_999]] } })),
};

const digestsOf = new Map<string, string>();

/** Each version of each model has bytes of its own. */
function digestOf(model: string, version: number): string {
  const name = `${model}@${version}`;
  const known = digestsOf.get(name);
  if (known !== undefined) return known;
  const hex = Buffer.from(name).toString('hex').padStart(64, '0').slice(-64);
  const digest = `sha256:${hex}`;
  digestsOf.set(name, digest);
  return digest;
}

/** A reference to a version of the catalog. */
export const refTo = (model: string, version: number): ReturnType<typeof refSample> => ({
  ...refSample(version, model),
  digest: digestOf(model, version),
});

/** Makes the catalog's records durable, with an audit entry for each endpoint. */
export async function register(journal: Journal, catalog: Catalog): Promise<void> {
  const { models, endpoints, hasGolden = false } = catalog;
  await journal.run((state, now) => {
    const puts: PlannedPut[] = [];
    for (const { name, versions } of models) {
      puts.push({ kind: 'model', key: name, value: { name, createdAt: now } });
      for (let number = 1; number <= versions; number += 1) {
        const made = { ...versionSample(number), ...refTo(name, number), signature };
        const isGolden = hasGolden && number % 2 === 0;
        const value = isGolden ? { ...made, golden: GOLDEN.digest } : made;
        puts.push({ kind: 'version', key: versionKey(value), value });
      }
    }
    const made: readonly Endpoint[] = endpoints.map(({ name, model }) =>
      endpointSample(name, { model, version: refTo(model, 1), createdAt: now, changedAt: now }),
    );
    return {
      puts: [...puts, ...made.flatMap((one) => planEndpoint(one, 'ada', { state, now }))],
      audit: made.map((one) => ({
        at: now,
        actor: 'ada',
        action: 'endpoint.create',
        subject: `endpoint/${one.name}`,
        reason: 'the world begins',
        detail: null,
      })),
      answer: undefined,
    };
  });
}
