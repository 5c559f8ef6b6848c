import type { FunctionModel } from '../../src/adapters/backend/function.ts';
import type { RoutingTable } from '../../src/core/routing/table.ts';
import { createMemoryFiles, createRig, inferBody, sums, type Reply, type Rig } from './rig.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** A rig whose gateway runs, and the clock it runs by. */
export type Started = Rig & { readonly clock: VirtualClock };

/** A gateway that has taken a table; `models` say what versions do. */
export async function started(
  table: RoutingTable | null,
  models: Readonly<Record<number, FunctionModel>> = {},
  files = createMemoryFiles(),
): Promise<Started> {
  const clock = createVirtualClock();
  const rig = createRig({ clock, files });
  for (const [version, model] of Object.entries(models)) rig.models.set(Number(version), model);
  if (table !== null) rig.feed.publish(table);
  await rig.gateway.start();
  await clock.pass(10);
  return { ...rig, clock };
}

/** Asks for the prediction of one user. */
export const infer = (rig: Rig, user = 'ada'): Promise<Reply> =>
  rig.ask('/v2/models/risk/infer', inferBody([1, 2]), { 'x-unit-id': user });

/** A model that throws. */
export const failing: FunctionModel = {
  predict: () => {
    throw new Error('cannot');
  },
};
/** A model that never answers. */
export const hanging: FunctionModel = { predict: () => new Promise(() => undefined) };
/** A model that answers every row with one value. */
export const giving = (value: number): FunctionModel => ({
  predict: ({ inputs }) => sums(inputs).map((sum) => ({ ...sum, data: Float32Array.of(value) })),
});
