import { afterEach, beforeEach, expect, test } from 'vitest';
import { register, twoModels } from '../../../test/simulator/catalog.ts';
import { openControl } from '../../../test/simulator/lone-control.ts';
import type { LoneControl } from '../../../test/simulator/lone-control.ts';
import { predictionsSample as said, windowSample } from '../../../test/samples.ts';
import type { Reference } from '../../core/catalog/reference.ts';
import { instant } from '../../core/lib/units.ts';
import type { Predictions } from '../../core/telemetry/predictions.ts';
import { emptyChange } from '../../ports/store.ts';
import { versionKey, versionsOf } from '../state.ts';
import { readDrift } from './drift.ts';

let lone: LoneControl;
beforeEach(async () => {
  lone = await openControl();
  await register(lone.context.journal, twoModels);
});
afterEach(() => lone.close());

/** Windows of the baseline of `risk`, as a gateway would have sent them. */
async function answered(predictions: Predictions, agoMs = 60_000) {
  const start = instant(lone.clock.now() - agoMs);
  const window = windowSample({ rollout: null, start, predictions });
  const windows = [{ gateway: 'g1', instance: 'i', window }];
  await lone.store.commit({ ...emptyChange, windows });
}

const givenReference = (reference: Reference) =>
  lone.context.journal.run((state) => {
    const [version] = versionsOf(state, 'tumour').filter((one) => one.version === 1);
    if (version === undefined) throw new Error('tumour@1 is registered');
    const made = { data: [], code: [], dependencies: {}, command: null, seed: null };
    const lineage = { ...made, createdBy: null, reference };
    const value = { ...version, lineage };
    return { puts: [{ kind: 'version', key: versionKey(version), value }], answer: undefined };
  });

const read = (lastMs = 3_600_000) => readDrift(lone.context, { endpoint: 'risk', lastMs });

test('without a reference and a candidate there is nothing to compare', async () => {
  await answered(said(5, 5));
  expect(await read()).toMatchObject([
    { endpoint: 'risk', cause: null, sentence: expect.stringContaining('brought no reference') },
  ]);
});

// M2: drift against training data.
test('the answers of the asked time are held against those to training data', async () => {
  await givenReference({ rows: 1_000, features: [], answers: said(900, 100) });
  await answered(said(5_000, 5_000), 7_200_000);
  await answered(said(890, 110));
  expect(await read()).toMatchObject([
    { cause: 'none', drifts: [{ what: 'answers', rows: 1_000 }] },
  ]);
  expect(await read(86_400_000)).toMatchObject([
    {
      cause: 'world',
      drifts: [{ level: 'act', rows: 11_000, bin: expect.stringContaining('class') }],
    },
  ]);
});

test('every endpoint is told of, and an unknown one is a fault', async () => {
  const all = await readDrift(lone.context, { lastMs: 1_000 });
  expect(all.map(({ endpoint }) => endpoint)).toEqual(['alarm', 'risk']);
  const unknown = readDrift(lone.context, { endpoint: 'nowhere', lastMs: 1_000 });
  await expect(unknown).rejects.toMatchObject({ code: 'ENDPOINT_UNKNOWN' });
});
