import { well, type Ailment } from './behaviour.ts';
import { refTo } from './catalog.ts';
import type { Severity } from './faults.ts';
import type { Plan } from './world.ts';

/** Nothing fails. */
export const calm: Severity = {
  controlCrashMs: 0,
  gatewayCrashMs: 0,
  runnerCrashMs: 0,
  cutMs: 0,
  jumpMs: 0,
  incidentMs: 0,
  outageMs: 0,
  commitFails: 0,
  crashAtCommit: 0,
  crashAtWrite: 0,
  slowCommit: 0,
  flakyLoad: 0,
  receiver: 0,
  weather: { delayMs: 1, loss: 0, twice: 0 },
};

/** Plenty of traffic, three gateways, nothing fails; only the second version has its way. */
export const planFor = (
  seed: string,
  ailment: Ailment,
  severity: Partial<Severity> = {},
): Plan => ({
  seed,
  catalog: {
    models: [{ name: 'tumour', versions: 2 }],
    endpoints: [{ name: 'risk', model: 'tumour' }],
  },
  gateways: 3,
  behaviours: new Map([
    [refTo('tumour', 1).digest, well(6)],
    [refTo('tumour', 2).digest, { medianMs: 6, ailment, fromMs: 0 }],
  ]),
  severity: { ...calm, ...severity },
  requestMs: 5,
  unitsMax: 100_000,
  wishMs: 1e9,
  meddling: 0,
});

/** What is asked for: the usual, only faster. */
export const declaration = {
  endpoint: 'risk',
  candidate: 'tumour@2',
  strategy: { kind: 'canary', preset: 'default', least: '3s' },
  triggers: 'default',
  bucket: '1s',
};
