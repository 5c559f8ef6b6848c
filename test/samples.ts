import { bps, instant } from '../src/core/lib/units.ts';
import type { Version, VersionRef } from '../src/core/catalog/version.ts';
import type { AuditDraft } from '../src/core/governance/audit.ts';
import type { Effect } from '../src/core/rollout/effect.ts';
import { freshRollout } from '../src/core/rollout/fresh.ts';
import type { Phase, Rollout } from '../src/core/rollout/rollout.ts';
import type { RolloutSpec } from '../src/core/rollout/spec.ts';
import { defaultEndpointSettings, type Endpoint } from '../src/core/routing/endpoint.ts';
import { noThresholds, type Route } from '../src/core/routing/table.ts';
import { canaryOf, defaultChecks, presetStages } from '../src/core/strategy/presets.ts';
import { perOutcome } from '../src/core/telemetry/observation.ts';
import { nothingSaid } from '../src/core/telemetry/predictions.ts';
import type { Predictions } from '../src/core/telemetry/predictions.ts';
import { perLoss, type Window, type WindowKey } from '../src/core/telemetry/window.ts';
import { neverQuiet } from '../src/core/rollout/quiet-time.ts';
import type { GatewayReport } from '../src/protocol/feed/report.ts';

/** Records with everything in them, for tests that care about a part and need the whole. */

const began = instant(1_790_000_000_000);

export const refSample = (version: number, model = 'tumour'): VersionRef => ({
  model,
  version,
  digest: `sha256:${version.toString(16).padStart(64, '0')}`,
});

export const versionSample = (version: number, model = 'tumour'): Version => ({
  ...refSample(version, model),
  label: `v${version}`,
  format: 'onnx',
  bytes: 1_000 + version,
  signature: {
    inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 30] }],
    outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }],
  },
  createdAt: began,
  author: 'ada',
  metrics: { accuracy: 0.96 },
  tags: { team: 'risk' },
  lineage: null,
  admission: {
    checks: [{ name: 'format', detail: 'ONNX, opset 18' }],
    loadMs: 12,
    probeMs: 1.5,
    peakBytes: 1e6,
  },
});

export const endpointSample = (name: string, over: Partial<Endpoint> = {}): Endpoint => ({
  name,
  model: 'tumour',
  version: refSample(1),
  previous: null,
  settings: defaultEndpointSettings,
  revision: 1,
  createdAt: began,
  changedAt: began,
  ...over,
});

/** The default canary with the default triggers, stages of at least one minute, 10 s buckets. */
export const usualSpec: RolloutSpec = {
  strategy: canaryOf(presetStages('default', 60_000)),
  checks: defaultChecks(null),
  followers: [],
  quiet: neverQuiet,
  alphaRevert: 0.01,
  alphaPromote: 0.05,
  bucketMs: 10_000,
  horizonMs: 4 * 3_600_000,
  fallback: 'baseline',
};

export const rolloutSample = (
  endpoint: string,
  phase: Phase,
  over: Partial<Rollout> = {},
): Rollout => ({
  ...freshRollout({
    id: `r-${endpoint}`,
    endpoint,
    baseline: refSample(1),
    candidate: refSample(2),
    others: [],
    spec: {
      ...usualSpec,
      strategy: canaryOf(
        [500, 2_500, 5_000, 10_000].map((share) => {
          return { share: bps(share), margin: 2, leastMs: 60_000 };
        }),
      ),
      checks: [],
      horizonMs: 86_400_000,
    },
    salt: '00112233445566778899aabbccddeeff',
    createdBy: 'ada',
    now: began,
  }),
  revision: 3,
  phase,
  ...over,
});

/** A route of any number of arms; the first is the baseline. */
export const routeSample = (shares: readonly number[], salt = 'f'.repeat(32)): Route => {
  const arms = shares.map((_, i) => ({
    name: i === 0 ? 'baseline' : `candidate-${i}`,
    role: i === 0 ? ('baseline' as const) : ('candidate' as const),
    version: refSample(i + 1),
  }));
  return {
    endpoint: 'risk',
    model: 'tumour',
    rollout: 'r-1',
    revision: 1,
    since: 1,
    arms,
    attributes: [],
    audience: null,
    mirror: null,
    split: arms.map(({ name }, i) => ({ arm: name, bps: bps(shares[i] ?? 0) })),
    salt,
    unitKey: defaultEndpointSettings.unitKey,
    fallback: 'baseline',
    deadlineMs: 2_000,
    bucketMs: 10_000,
    thresholdsMs: noThresholds,
    warm: [],
  };
};

export const auditDraftSample = (n: number): AuditDraft => ({
  at: instant(began + n),
  actor: 'ada',
  action: 'endpoint.change',
  subject: `endpoint/e${n % 3}`,
  reason: `change ${n}`,
  detail: { n, nested: [1, null, 'x'] },
});

export const effectSample = (id: string): Effect => ({
  id,
  type: 'notify',
  event: {
    kind: 'rollout.started',
    rollout: 'r-risk',
    endpoint: 'risk',
    revision: 1,
    shareBps: 0,
    sentence: `effect ${id}`,
  },
});

/** A report of a gateway that has nothing to tell. */
export const reportSample = (over: Partial<GatewayReport> = {}): GatewayReport => ({
  schema: 1,
  gateway: 'g1',
  instance: 'g1-1',
  sequence: 1,
  generation: 1,
  ready: [],
  failed: [],
  fuses: [],
  through: instant(0),
  rejected: null,
  windows: [],
  windowsDropped: 0,
  ...over,
});

/** What a window of the baseline is known by, where nothing is rolled out. */
export const windowKeySample = (over: Partial<WindowKey> = {}): WindowKey => ({
  endpoint: 'risk',
  rollout: null,
  revision: 1,
  arm: 'baseline',
  version: 1,
  start: began,
  bucketMs: 10_000,
  ...over,
});

/** What was predicted: so many of two classes. */
export const predictionsSample = (no: number, yes: number): Predictions => ({
  ...nothingSaid,
  answers: no + yes,
  classes: [
    ['no', no],
    ['yes', yes],
  ],
});

/** A window with one request in it. */
export const windowSample = (over: Partial<Window> = {}): Window => ({
  ...windowKeySample({ rollout: 'r-risk', revision: 3 }),
  requests: 1,
  outcomes: perOutcome((outcome) => (outcome === 'ok' ? 1 : 0)),
  losses: perLoss(() => ({ units: 1, sum: 0 })),
  latencyMs: [[116, 1]],
  latencySumMs: 10.5,
  fallbacks: 0,
  unitsDropped: 0,
  ...over,
});
