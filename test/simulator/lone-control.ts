import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryBlobStore } from '../../src/adapters/blob/directory.ts';
import { MemoryStore } from '../../src/adapters/store/memory.ts';
import type { ControlContext } from '../../src/control/context.ts';
import { createControl, type Control } from '../../src/control/control.ts';
import type { Effect } from '../../src/core/rollout/effect.ts';
import type { ModelProbe } from '../../src/ports/model-probe.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import type { Store } from '../../src/ports/store.ts';
import { createRegistry } from '../../src/registry/registry.ts';
import { Chance } from './chance.ts';
import { SimClock } from './sim-clock.ts';
import { Timeline } from './timeline.ts';

/** A control plane without gateways, to give calls and reports to by hand. */
export type LoneControl = {
  readonly timeline: Timeline;
  readonly clock: SimClock;
  readonly store: Store;
  readonly control: Control;
  readonly context: ControlContext;
  /** What was sent to the outside, as often as it was sent. */
  readonly sent: readonly Effect[];
  /** What was written to the log. */
  readonly logged: readonly string[];
  readonly close: () => Promise<void>;
};

/** What a test may want otherwise. */
export type LoneOptions = {
  readonly store?: Store;
  readonly timeline?: Timeline;
  /** Called with each effect; what it rejects with was not sent. */
  readonly send?: (effect: Effect, signal: AbortSignal) => Promise<void>;
  readonly seed?: string;
};

/** Every model file loads at once and takes no memory. */
const goodProbe: ModelProbe = {
  probe: async () => ({
    load: { type: 'ok', loadMs: 1, batches: true },
    probeMs: 1,
    peakBytes: 0,
    cases: [],
  }),
};

/** Opens a control plane in virtual time, on a store in memory unless another is given. */
export async function openControl(options: LoneOptions = {}): Promise<LoneControl> {
  const { store = new MemoryStore(), timeline = new Timeline(), seed = 'lone' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'understudy-control-'));
  const blobs = await DirectoryBlobStore.open(folder);
  const clock = new SimClock(timeline);
  const sent: Effect[] = [];
  const logged: string[] = [];
  const write = (_fields: unknown, message?: string): void => void logged.push(message ?? '');
  const notifier: Notifier = {
    send: async (effect, signal) => {
      await options.send?.(effect, signal);
      sent.push(effect);
    },
  };
  const control = await createControl({
    store,
    blobs,
    registry: createRegistry({ blobs, pathOf: (digest) => digest, probe: goodProbe }),
    clock,
    entropy: new Chance(seed),
    log: { info: write, warn: write, error: write } as ControlContext['log'],
    limits: { blobBytesMax: 1_048_576, windowsKeptMs: 7 * 86_400_000 },
    notifiers: [notifier],
    tickMs: 1_000,
  });
  return {
    timeline,
    clock,
    store,
    control,
    context: control.context,
    sent,
    logged,
    close: async () => {
      clock.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
