import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createFunctionBackend, type FunctionModel } from '../../src/adapters/backend/function.ts';
import { createOnnxBackend } from '../../src/adapters/backend/onnx/backend.ts';
import { bps } from '../../src/core/lib/units.ts';
import type { CatalogVersion, Route, RoutingTable } from '../../src/core/routing/table.ts';
import { defaultMirror } from '../../src/core/strategy/stage.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { ModelBackend } from '../../src/ports/model-backend.ts';
import type { Tensor } from '../../src/protocol/inference/tensor.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { systemEntropy } from '../../src/runtime/system-entropy.ts';
import { createMemoryFeed, createMemoryFiles, createMemoryLog } from '../../test/gateway/rig.ts';
import { plainRoute, rolloutRoute } from '../../test/gateway/tables.ts';
import { childrenOf } from '../cpu.ts';
import type { Fault, GatewayOrder, GatewayPlan, GatewayWord } from './fault.ts';
import { versionOf, writeModels } from './models.ts';

const POLL_MS = 20;
const HARM_EVERY_MS = 200;
/** The deadline of a copy, and a little more. */
const COPIES_END_MS = defaultMirror.deadlineMs + 200;
const READY_MS = 10_000;
/** Far more than an answer of these models may hold. */
const GARBAGE_ELEMENTS = 1_000_000;

/** Processes of the shadow are treated like this, again and again. */
const signals: Readonly<Partial<Record<Fault, NodeJS.Signals>>> = {
  dead: 'SIGKILL',
  'black-holed': 'SIGSTOP',
};

/** Answers of another shape and size, and no numbers at all, in turns; made beforehand. */
function garbage(): FunctionModel {
  const answers = [GARBAGE_ELEMENTS, 30].map((length): Tensor => {
    const data = new Float32Array(length).fill(Number.NaN);
    return { name: 'scores', datatype: 'FP32', shape: [1, length], data };
  });
  let made = 0;
  return {
    predict: () => {
      made += 1;
      return answers.slice(made % 2, (made % 2) + 1);
    },
  };
}

/** Runners for both versions; a shadow that answers garbage is a function. */
function backendOf({ fault, folder }: GatewayPlan, shadow: CatalogVersion): ModelBackend {
  const files = writeModels(folder, fault);
  const all = Object.values(files);
  const onnx = createOnnxBackend({
    pathOf: (digest) => all.find(({ version }) => version.digest === digest)?.path ?? '',
    scratch: join(folder, 'runners'),
    clock: systemClock,
    entropy: systemEntropy,
  });
  if (fault !== 'garbage') return onnx;
  const functions = createFunctionBackend({ clock: systemClock, modelOf: garbage });
  const of = (digest: string): ModelBackend => (digest === shadow.digest ? functions : onnx);
  return {
    load: (version, signal) => of(version.digest).load(version, signal),
    infer: (call, signal) => of(call.digest).infer(call, signal),
    unload: (digest) => of(digest).unload(digest),
    health: () => [...onnx.health(), ...functions.health()],
  };
}

async function serve(plan: GatewayPlan): Promise<void> {
  const files = writeModels(plan.folder, plan.fault);
  const [users, shadow] = [versionOf(files.users, 1), versionOf(files.shadow, 2)];
  const feed = createMemoryFeed();
  const backend = backendOf(plan, shadow);
  const gateway = createGateway({
    name: 'g1',
    version: '0.0.0',
    backend,
    feed,
    clock: systemClock,
    entropy: systemEntropy,
    secret: '42'.repeat(32),
    files: createMemoryFiles(),
    log: createMemoryLog(),
  });
  const publish = (generation: number, route: Route): void =>
    feed.publish(tableOf(generation, route, [users, shadow]));
  const ready = async (version: CatalogVersion): Promise<void> => {
    const isReady = (): boolean =>
      backend.health().some(({ digest, state }) => digest === version.digest && state === 'ready');
    while (!isReady()) await pause(POLL_MS);
  };
  await gateway.start();
  publish(1, plainRoute({ ...routeOf(users), since: 1 }));
  await ready(users);
  const own = new Set(childrenOf(process.pid));
  const mirrored = shadowedRoute(users, shadow);
  const plain = { ...mirrored, mirror: null };
  let generation = 2;
  publish(generation, plain);
  await ready(shadow);
  // Control would take what is reported.
  setInterval(() => void feed.reports.splice(0), 1_000).unref();
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const say = (): void => void process.send?.({ port } satisfies GatewayWord);
  const signal = signals[plan.fault];
  const others = (): readonly number[] => childrenOf(process.pid).filter((one) => !own.has(one));
  const obey = async ({ copies }: GatewayOrder): Promise<void> => {
    generation += 1;
    publish(generation, copies && plan.fault !== 'none' ? mirrored : plain);
    if (copies) harm(signal, others);
    else await recover(others, async () => ready(shadow));
  };
  process.on('message', (order: GatewayOrder) => void obey(order).then(say));
  say();
  // Whoever started it has ended: there is nobody to serve.
  process.once('disconnect', () => process.exit());
  process.once('SIGTERM', () => void gateway.drain().then(() => process.exit()));
}

const routeOf = (users: CatalogVersion): Partial<Route> => ({
  model: 'bench',
  arms: [{ name: 'baseline', role: 'baseline', version: users }],
});

const shadowedRoute = (users: CatalogVersion, shadow: CatalogVersion): Route =>
  rolloutRoute(0, {
    model: 'bench',
    since: 2,
    arms: [
      { name: 'baseline', role: 'baseline', version: users },
      { name: 'candidate', role: 'candidate', version: shadow },
    ],
    mirror: { ...defaultMirror, sample: bps(10_000), arm: 'candidate' },
  });

const tableOf = (
  generation: number,
  route: Route,
  versions: readonly CatalogVersion[],
): RoutingTable => ({
  schema: 1,
  generation,
  routes: [route],
  models: [{ name: 'bench', versions: versions.toReversed() }],
});

let harming: NodeJS.Timeout | undefined;

function harm(signal: NodeJS.Signals | undefined, others: () => readonly number[]): void {
  if (signal === undefined) return;
  harming = setInterval(() => {
    for (const pid of others()) process.kill(pid, signal);
  }, HARM_EVERY_MS).unref();
}

/** Until the last copy has ended and the shadow is as it was, so that nothing of it is left. */
async function recover(others: () => readonly number[], ready: () => Promise<void>): Promise<void> {
  clearInterval(harming);
  for (const pid of others()) process.kill(pid, 'SIGCONT');
  await pause(COPIES_END_MS);
  await Promise.race([ready(), pause(READY_MS)]);
}

await serve(JSON.parse(process.argv[2] ?? '') as GatewayPlan);
