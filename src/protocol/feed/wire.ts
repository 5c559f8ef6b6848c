import { z } from 'zod';
import { audienceProblems } from '../../core/audience/check.ts';
import { problemText } from '../../core/audience/problem.ts';
import { DATATYPES } from '../../core/catalog/signature.ts';
import { bps, instant, WHOLE_BPS } from '../../core/lib/units.ts';
import { ARMS_MAX } from '../../core/routing/assign.ts';
import { routesIn } from '../../core/routing/lanes.ts';
import { overlaps } from '../../core/routing/slice.ts';
import { mirroredArms } from '../../core/routing/table.ts';
import type { Route, RoutingTable, Split } from '../../core/routing/table.ts';
import {
  SEGMENTS_MAX,
  SEGMENT_NAME_CHARS_MAX,
  segmentNames,
  segmentProblem,
} from '../../core/segment/segments.ts';
import { DROP_REASONS } from '../../core/telemetry/copies.ts';
import { OUTCOMES } from '../../core/telemetry/observation.ts';
import { IMPORTANCE_FEATURES_MAX } from '../../core/telemetry/importance.ts';
import { LOSS_NAMES } from '../../core/telemetry/window.ts';
import { logSettingsSchema } from '../admin/prediction-log.ts';
import { featureBinsSchema } from '../admin/reference.ts';
import { pathText } from '../admin/shapes.ts';
import { attributesSchema } from '../audience.ts';
import { Fault } from '../errors.ts';
import { segmentsSchema } from '../segments.ts';
import { binCountsSchema, predictionsSchema } from '../predictions.ts';
import type { GatewayReport } from './report.ts';

/** Largest table in routes, models and versions: far beyond one machine, far below its memory. */
const ROUTES_MAX = 10_000;
const VERSIONS_MAX = 100_000;
/** Lanes of one endpoint: a slice has one per cent of its units at least. */
const LANES_MAX = 100;
const TEXT_MAX = 4_096;
const TENSORS_MAX = 1_024;
const RANK_MAX = 16;
/** Windows in one report. */
export const WINDOWS_PER_REPORT_MAX = 512;
/** Bytes they take as JSON at the most, but for one window alone; control reads twice as many. */
export const WINDOW_BYTES_PER_REPORT_MAX = 2 * 1_048_576;
const DAY_MS = 86_400_000;

const text = z.string().min(1).max(TEXT_MAX);
const count = z.int().nonnegative();
const moment = z.number().nonnegative().transform(instant);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest is sha256: and 64 hex digits');
const share = z.int().min(0).max(WHOLE_BPS).transform(bps);
const rate = z.number().nonnegative();
const threshold = z.number().positive().nullable();

const versionRef = z.object({ model: text, version: z.int().positive(), digest });

const tensor = z.object({
  name: text,
  datatype: z.enum(DATATYPES),
  shape: z.array(z.int().min(-1)).max(RANK_MAX),
});

const catalogVersion = versionRef.extend({
  label: text,
  bytes: count,
  signature: z.object({
    inputs: z.array(tensor).max(TENSORS_MAX),
    outputs: z.array(tensor).max(TENSORS_MAX),
  }),
  createdAt: moment,
  golden: digest.exactOptional(),
  features: featureBinsSchema.exactOptional(),
});

const mirror = z.object({
  arm: text,
  sample: share,
  perSecondMax: z.int().positive(),
  inFlightMax: z.int().positive(),
  deadlineMs: z.number().positive().max(DAY_MS),
  comparison: z.discriminatedUnion('kind', [
    z.object({ kind: z.enum(['auto', 'equal', 'class']) }),
    z.object({ kind: z.literal('tolerance'), absolute: rate, relative: rate }),
    z.object({ kind: z.literal('rank'), top: z.int().positive(), overlap: z.number().max(1) }),
  ]),
  isPaired: z.literal(true).exactOptional(),
  others: z.array(text).max(ARMS_MAX).exactOptional(),
});

const split = z.array(z.object({ arm: text, bps: share, ceded: share.exactOptional() })).min(1);
const salt = z.string().regex(/^[0-9a-f]{32}$/, 'a salt is 32 hexadecimal digits');

const laneRoute = z.object({
  endpoint: text,
  model: text,
  rollout: text.nullable(),
  revision: count,
  since: count,
  arms: z
    .array(z.object({ name: text, role: z.enum(['baseline', 'candidate']), version: versionRef }))
    .min(1)
    .max(ARMS_MAX),
  split,
  segmentSplits: z.array(split).max(SEGMENTS_MAX).exactOptional(),
  attributes: attributesSchema,
  segments: segmentsSchema.exactOptional(),
  audience: z.string().max(TEXT_MAX).nullable(),
  mirror: mirror.nullable(),
  log: logSettingsSchema.exactOptional(),
  salt,
  unitKey: z.object({ header: z.string().max(TEXT_MAX), pointer: z.string().nullable() }),
  fallback: z.enum(['baseline', 'none']),
  deadlineMs: z.number().positive().max(DAY_MS),
  bucketMs: z.int().positive().max(DAY_MS),
  importance: z.literal(true).exactOptional(),
  thresholdsMs: z.object({ slow: threshold, tail: threshold, late: threshold }),
  warm: z.array(versionRef).max(VERSIONS_MAX),
});

type Issues = z.core.$RefinementCtx;

function expectSound(value: Pick<Route, RouteFields>, context: Issues): void {
  const complaint = routeComplaint(value);
  if (complaint === null) return;
  context.addIssue({ code: 'custom', path: [complaint.at], message: complaint.what });
}

const lane = z.object({
  slice: z.object({ salt, fromBps: share, toBps: share }),
  route: laneRoute.superRefine(expectSound),
});

const route = laneRoute
  .extend({ lanes: z.array(lane).min(1).max(LANES_MAX).exactOptional() })
  .superRefine(expectSound)
  .superRefine(({ lanes = [] }, context) => {
    const meets = lanes.some(({ slice }, i) =>
      lanes.some((o, j) => i < j && overlaps(slice, o.slice)),
    );
    const isTurned = lanes.some(({ slice: { fromBps, toBps } }) => fromBps > toBps);
    if (!meets && !isTurned) return;
    context.addIssue({ code: 'custom', path: ['lanes'], message: 'slices share units' });
  });

type Complaint = { readonly at: string; readonly what: string };

/**
 * What no single field shows: one baseline in front, arms named once, shares of a whole, an
 * audience of attributes that are declared.
 */
function routeComplaint(route: Pick<Route, RouteFields>): Complaint | null {
  const { arms, split: whole, segments, segmentSplits = [] } = route;
  if (arms.findIndex(({ role }) => role === 'baseline') !== 0) {
    return { at: 'arms', what: 'the first arm is the baseline' };
  }
  if (arms.filter(({ role }) => role === 'baseline').length > 1) {
    return { at: 'arms', what: 'there is one baseline' };
  }
  if (new Set(arms.map(({ name }) => name)).size < arms.length) {
    return { at: 'arms', what: 'each arm has its own name' };
  }
  for (const [at, shares] of [whole, ...segmentSplits].entries()) {
    const what = splitComplaint(arms, shares);
    if (what !== null) return { at: at === 0 ? 'split' : 'segmentSplits', what };
  }
  const names = segments === undefined ? [] : segmentNames(segments);
  if (segmentSplits.length > 0 && segmentSplits.length !== names.length) {
    return { at: 'segmentSplits', what: `${names.length} segments have shares of their own` };
  }
  return mirrorComplaint(route) ?? attributeComplaint(route);
}

/** Shares of a whole, one for each arm; what candidates ceded is in that of the baseline. */
function splitComplaint(arms: Route['arms'], shares: Split): string | null {
  const isInOrder = arms.every(({ name }, index) => shares[index]?.arm === name);
  if (!isInOrder || shares.length !== arms.length) return 'the split names the arms in their order';
  const whole = shares.reduce((sum, { bps: part }) => sum + part, 0);
  if (whole !== WHOLE_BPS) return `the shares sum to ${whole}, not ${WHOLE_BPS}`;
  const cededInAll = shares.reduce((sum, { ceded = 0 }) => sum + ceded, 0);
  const [own] = shares;
  const isPart = own?.ceded === undefined && cededInAll <= (own?.bps ?? 0);
  return isPart ? null : 'what candidates ceded is part of what the baseline has';
}

function mirrorComplaint({
  mirror: copied,
  arms,
}: Pick<Route, 'mirror' | 'arms'>): Complaint | null {
  if (copied === null) return null;
  const candidates = arms.filter(({ role }) => role === 'candidate').map(({ name }) => name);
  const unknown = mirroredArms(copied).find((arm) => !candidates.includes(arm));
  if (unknown === undefined) return null;
  return { at: 'mirror', what: `${unknown} is no candidate of the route` };
}

type RouteFields = 'arms' | 'split' | 'segmentSplits' | 'mirror' | AudienceFields;
type AudienceFields = 'audience' | 'attributes' | 'segments';

function attributeComplaint(route: Pick<Route, AudienceFields>): Complaint | null {
  const { segments, attributes } = route;
  const wrong = segments === undefined ? null : segmentProblem(segments, attributes);
  if (wrong !== null) return { at: 'segments', what: wrong.sentence };
  if (route.audience === null) return null;
  const [problem] = audienceProblems(route.audience, route.attributes);
  return problem === undefined ? null : { at: 'audience', what: problemText(problem) };
}

const routingTable = z
  .object({
    schema: z.literal(1),
    generation: count,
    routes: z.array(route).max(ROUTES_MAX),
    models: z
      .array(z.object({ name: text, versions: z.array(catalogVersion).max(VERSIONS_MAX) }))
      .max(ROUTES_MAX),
  })
  .superRefine((table, context) => {
    const seen = new Set<string>();
    const digests = new Set(table.models.flatMap(({ versions }) => versions.map((v) => v.digest)));
    table.routes.forEach((one, index) => {
      const { endpoint } = one;
      const needed = routesIn(one).flatMap(({ arms, warm }) => [
        ...arms.map(({ version }) => version),
        ...warm,
      ]);
      if (seen.has(endpoint)) {
        const path = ['routes', index, 'endpoint'];
        context.addIssue({ code: 'custom', path, message: `${endpoint} is there twice` });
      }
      seen.add(endpoint);
      const unknown = needed.find((ref) => !digests.has(ref.digest));
      if (unknown === undefined) return;
      const message = `${unknown.model}@${unknown.version} is not among the models`;
      context.addIssue({ code: 'custom', path: ['routes', index, 'arms'], message });
    });
  });

/** Reads a routing table; a fault names the first thing that is wrong with it, and where. */
export function parseTable(value: unknown): RoutingTable {
  const parsed = routingTable.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = pathText(issue?.path ?? []);
  throw new Fault('TABLE_REFUSED', issue?.message ?? 'the table has no known shape', path);
}

const loss = z.object({ units: z.number().nonnegative(), sum: z.number().nonnegative() });

const perName = <N extends string, V extends z.ZodType>(
  names: readonly N[],
  value: V,
): z.ZodType<Readonly<Record<N, z.output<V>>>> =>
  z.object(Object.fromEntries(names.map((name) => [name, value]))) as unknown as z.ZodType<
    Readonly<Record<N, z.output<V>>>
  >;

const figures = {
  requests: count,
  outcomes: perName(OUTCOMES, count),
  losses: perName(LOSS_NAMES, loss),
  latencyMs: binCountsSchema,
  latencySumMs: z.number().nonnegative(),
  fallbacks: count,
  unitsDropped: count,
  copies: z.object({ sampled: count, dropped: perName(DROP_REASONS, count) }).exactOptional(),
};

const segmentName = z.string().min(1).max(SEGMENT_NAME_CHARS_MAX);

/** A window as it travels, and as receipts hold it. */
export const windowSchema = z.object({
  endpoint: text,
  rollout: text.nullable(),
  revision: count,
  arm: text,
  version: z.int().positive(),
  start: moment,
  bucketMs: z.int().positive(),
  ...figures,
  predictions: predictionsSchema.exactOptional(),
  repeated: predictionsSchema.exactOptional(),
  importance: z
    .strictObject({
      features: z.array(text).max(IMPORTANCE_FEATURES_MAX),
      rows: count,
      shares: z.array(rate).max(IMPORTANCE_FEATURES_MAX),
    })
    .exactOptional(),
  features: z
    .strictObject({ reference: digest, rows: count, counts: z.array(z.array(count)) })
    .exactOptional(),
  segments: z
    .array(z.strictObject({ ...figures, segment: segmentName }))
    .max(SEGMENTS_MAX)
    .exactOptional(),
});

const runnerUse = z.object({
  digest,
  residentBytes: count,
  cpuMs: z.number().nonnegative(),
  predictions: count,
});

/** How golden rows were answered on a gateway. */
export const goldenProofSchema = z.object({
  digest,
  golden: digest,
  agoMs: z.number().nonnegative(),
  tookMs: z.number().nonnegative(),
  values: count,
  difference: z.string().max(TEXT_MAX).nullable(),
});

const gatewayReport = z.object({
  schema: z.literal(1),
  gateway: text,
  instance: text,
  sequence: count,
  generation: z.int().min(-1),
  ready: z.array(digest).max(VERSIONS_MAX),
  failed: z.array(z.object({ digest, detail: z.string().max(TEXT_MAX) })).max(VERSIONS_MAX),
  fuses: z
    .array(
      z.object({
        rollout: text,
        contender: z.object({ arm: text, version: versionRef }).exactOptional(),
        at: moment,
        by: z.enum(['gateway', 'person']),
        who: z.string().max(TEXT_MAX).nullable(),
        sentence: z.string().max(TEXT_MAX),
      }),
    )
    .max(ROUTES_MAX),
  through: moment,
  proofs: z.array(goldenProofSchema).max(VERSIONS_MAX).exactOptional(),
  rejected: z.object({ generation: z.number(), message: z.string().max(TEXT_MAX) }).nullable(),
  windows: z.array(windowSchema).max(WINDOWS_PER_REPORT_MAX),
  windowsDropped: count,
  runners: z.array(runnerUse).max(VERSIONS_MAX).exactOptional(),
});

/** Reads a gateway's report; a fault names the first thing that is wrong with it, and where. */
export function parseReport(value: unknown): GatewayReport {
  const parsed = gatewayReport.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new Fault('REQUEST_MALFORMED', issue?.message ?? 'the report has no known shape', path);
}
