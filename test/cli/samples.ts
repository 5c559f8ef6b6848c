import type { CallAnswer, EventBody } from '../../src/protocol/admin/call.ts';

type RolloutBody = CallAnswer<'rollout.read'>;
type VersionBody = CallAnswer<'version.read'>;

const at = '2026-11-21T09:54:32.000Z';

export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** A version with everything said. */
export const version = (number: number, given: Partial<VersionBody> = {}): VersionBody => ({
  name: `churn@${number}`,
  model: 'churn',
  version: number,
  digest: digestOf(String(number)),
  label: `v${number}`,
  format: 'onnx',
  bytes: 123_456,
  signature: {
    inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1] }],
  },
  createdAt: at,
  author: 'ada',
  metrics: { auc: 0.91 },
  tags: { team: 'growth' },
  lineage: null,
  admission: {
    checks: [{ name: 'format', detail: 'onnx' }],
    loadMs: 12,
    probeMs: 3,
    peakBytes: 9e6,
  },
  aliases: ['production'],
  ...given,
});

const ref = (number: number) => ({
  model: 'churn',
  version: number,
  digest: digestOf(String(number)),
});

/** A rollout at work. */
export const rollout = (given: Partial<RolloutBody> = {}): RolloutBody => ({
  id: 'r-1',
  endpoint: 'scores',
  revision: 3,
  baseline: ref(1),
  candidate: ref(2),
  strategy: 'canary',
  phase: 'advancing',
  stage: 1,
  stages: 4,
  shareBps: 2_500,
  sliceBps: null,
  createdAt: at,
  createdBy: 'ada',
  phaseSince: at,
  stageSince: at,
  hold: null,
  cause: null,
  doing: 'gathers evidence at 25%',
  etaMs: 90_000,
  verdicts: [verdict],
  result: null,
  spec: {},
  ...given,
});

const verdict: RolloutBody['verdicts'][number] = {
  check: 'null_rate',
  arm: 'candidate',
  outcome: 'unsure',
  candidate: { units: 1_200, losses: 3 },
  baseline: { units: 3_600, losses: 9 },
  ratio: 1,
  interval: [0.4, null],
  evidence: { harm: 0.5, harmNeeded: 4.6, safety: 1.5, safetyNeeded: 3 },
  etaMs: 90_000,
  sentence: '3 of 1200 are null, as of the baseline',
};

/** Why something ended. */
export const causeBy = (by: 'check' | 'person' | 'fuse' | 'gateway') =>
  ({
    by,
    who: by === 'person' ? 'ada' : 'null_rate',
    sentence: 'enough seen',
    verdict: null,
  }) as const;

/** Something that happened to the rollout. */
export const event = (seq: number, kind: string, revision: number): EventBody => ({
  seq,
  id: `r-1/${revision}/0`,
  at,
  event: {
    kind: `rollout.${kind}`,
    rollout: 'r-1',
    endpoint: 'scores',
    revision,
    shareBps: 2_500,
    sentence: `it is ${kind}`,
  },
});

/** One gateway and one endpoint. */
export const status = (
  generation: number,
  acknowledged = generation,
): CallAnswer<'status.read'> => ({
  now: at,
  version: '1.2.3',
  generation,
  gateways: [
    {
      gateway: 'g1',
      alive: true,
      seenAt: at,
      generation: acknowledged,
      ready: [digestOf('1')],
      failed: [],
      fuses: [],
      refused: null,
      windowsDropped: 0,
    },
  ],
  endpoints: [
    {
      endpoint: 'scores',
      version: 'churn@1',
      rollout: 'r-1',
      phase: 'advancing',
      candidate: 'churn@2',
      shareBps: 2_500,
      sliceBps: null,
      doing: 'gathers evidence',
    },
  ],
});
