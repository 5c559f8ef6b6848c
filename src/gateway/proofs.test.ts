import { describe, expect, test } from 'vitest';
import { adding, createRig } from '../../test/gateway/rig.ts';
import { failing, giving, hanging } from '../../test/gateway/started.ts';
import {
  digestOf,
  mirrorOfAll,
  plainRoute,
  rolloutRoute,
  tableWith,
  versionOf,
} from '../../test/gateway/tables.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import { createFunctionBackend } from '../adapters/backend/function.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { bps } from '../core/lib/units.ts';
import type { GoldenProof } from '../core/rollout/fleet.ts';
import type { CatalogVersion, Route } from '../core/routing/table.ts';
import type { ModelBackend } from '../ports/model-backend.ts';
import { PROOF_EVERY_MS } from './proofs.ts';

// S1: candidates answer their golden rows on every gateway, for as long as no user is theirs.

const golden = digestOf(99);
const rows = { inputs: { x: [[1, 2]] }, outputs: { sum: [[3]] }, tolerance: 1e-4 };

type Given = {
  /** What is read as golden rows. */
  readonly file?: unknown;
  /** So often the process dies first, and so often nothing can be read. */
  readonly deaths?: number;
  readonly outages?: number;
};

/** A gateway that has taken a route with a candidate at a share; the candidate has golden rows. */
async function given(
  share: number | Route,
  model: FunctionModel,
  { file = rows, deaths = 0, outages = 0 }: Given = {},
) {
  const clock = createVirtualClock();
  let reads = 0;
  const read = (): Promise<Uint8Array> => {
    reads += 1;
    if (reads <= outages) return Promise.reject(new Error('nobody listens'));
    return Promise.resolve(new TextEncoder().encode(JSON.stringify(file)));
  };
  const modelOf = ({ version }: CatalogVersion): FunctionModel => (version === 2 ? model : adding);
  const plain = createFunctionBackend({ clock, modelOf });
  let died = 0;
  const yielded: (boolean | undefined)[] = [];
  const backend: ModelBackend = {
    load: (...call) => plain.load(...call),
    unload: (digest) => plain.unload(digest),
    health: () => plain.health(),
    infer: (...call) => {
      died += 1;
      yielded.push(call[0].yields);
      const dies = died <= deaths;
      return dies ? Promise.resolve({ type: 'crash', message: 'killed' }) : plain.infer(...call);
    },
  };
  const rig = createRig({ clock, golden: read, backend });
  const versions = [versionOf(2, { golden }), versionOf(1)];
  const publish = (generation: number, asked: number | Route): void => {
    const route = typeof asked === 'number' ? rolloutRoute(asked) : asked;
    rig.feed.publish(tableWith(generation, [route], versions));
  };
  publish(1, share);
  await rig.gateway.start();
  await clock.pass(200);
  const proofs = (): readonly GoldenProof[] | undefined => rig.feed.reports.at(-1)?.proofs;
  return { clock, publish, proofs, yielded };
}

const proved = { digest: digestOf(2), golden, values: 1, difference: null };

describe('a candidate without users', () => {
  test.for<{ readonly what: string; readonly model: FunctionModel; readonly says: object }>([
    { what: 'answers as expected', model: adding, says: proved },
    {
      what: 'answers otherwise',
      model: giving(4),
      says: {
        difference: '1 of 1 values of sum differ; number 0 is 4, expected 3 ± 0.0001.',
      },
    },
  ])('$what, and control is told at once', async ({ model, says }) => {
    const { proofs } = await given(0, model);
    expect(proofs()).toMatchObject([says]);
  });

  test('gives way to users while it is proved, if it does so for copies', async () => {
    const plain = await given(0, adding);
    expect(plain.yielded).toEqual([false]);
    const shadow = await given(rolloutRoute(0, { mirror: mirrorOfAll }), adding);
    expect(shadow.yielded).toEqual([true]);
    shadow.publish(2, 0);
    await shadow.clock.pass(PROOF_EVERY_MS);
    expect(shadow.yielded).toEqual([true, false]);
  });

  test('that does not answer is not proved', async () => {
    const { clock, proofs } = await given(0, hanging);
    expect(proofs()).toBeUndefined();
    await clock.pass(12_000);
    expect(proofs()).toBeUndefined();
    await clock.pass(8_000);
    expect(proofs()).toMatchObject([{ difference: 'the golden rows are not answered within 5 s' }]);
  });

  test('that answers with an error, three times in a row, is not proved', async () => {
    const { clock, proofs } = await given(0, failing);
    expect(proofs()).toBeUndefined();
    await clock.pass(2_500);
    expect(proofs()).toMatchObject([
      { values: 0, difference: 'the golden rows are answered with an error: cannot' },
    ]);
  });

  test.for([
    { deaths: 1, says: proved },
    { deaths: 3, says: { difference: 'its process died on the golden rows: killed' } },
  ])('whose process dies $deaths times is asked again, twice', async ({ deaths, says }) => {
    const { clock, proofs } = await given(0, adding, { deaths });
    expect(proofs()).toBeUndefined();
    await clock.pass(2_500);
    expect(proofs()).toMatchObject([says]);
  });

  test('is proved again and again, so that no proof is old', async () => {
    const { clock, proofs } = await given(0, adding);
    for (let n = 0; n < 10; n += 1) {
      await clock.pass(PROOF_EVERY_MS * 0.7);
      expect(proofs()).toMatchObject([proved]);
      expect(proofs()?.[0]?.agoMs).toBeLessThan(PROOF_EVERY_MS + 1_000);
    }
  });

  test('is not judged by golden rows that cannot be read: control may be away', async () => {
    const { clock, proofs } = await given(0, adding, { outages: 8 });
    for (let second = 0; second < 7; second += 1) {
      expect(proofs()).toBeUndefined();
      await clock.pass(1_000);
    }
    await clock.pass(3_000);
    expect(proofs()).toMatchObject([proved]);
  });

  test('whose golden rows are not what its inputs are is not proved', async () => {
    const { proofs } = await given(0, adding, { file: { ...rows, inputs: { y: [[1]] } } });
    expect(proofs()).toMatchObject([
      { difference: expect.stringMatching(/^its golden rows cannot be asked: There is no "y"/) },
    ]);
  });
});

test('a candidate with users is not asked', async () => {
  const { clock, publish, proofs } = await given(500, adding);
  expect(proofs()).toBeUndefined();
  publish(2, 0);
  await clock.pass(200);
  expect(proofs()).toMatchObject([proved]);
  publish(3, 10_000);
  await clock.pass(2_000);
  expect(proofs()).toBeUndefined();
});

test('a candidate in a slice of the endpoint is asked as well', async () => {
  const slice = { salt: 'cd'.repeat(16), fromBps: bps(0), toBps: bps(5_000) };
  const { proofs } = await given(
    plainRoute({ lanes: [{ slice, route: rolloutRoute(0) }] }),
    adding,
  );
  expect(proofs()).toMatchObject([proved]);
});
