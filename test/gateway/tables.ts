import type { Signature } from '../../src/core/catalog/signature.ts';
import { bps, instant } from '../../src/core/lib/units.ts';
import { noThresholds } from '../../src/core/routing/table.ts';
import type {
  CatalogVersion,
  Route,
  RouteMirror,
  RoutingTable,
} from '../../src/core/routing/table.ts';

/** What the test models take and give: two numbers a row, their sum. */
export const sumSignature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'sum', datatype: 'FP32', shape: [-1, 1] }],
};

/** A version of the model `sums`. */
export const versionOf = (version: number, over: Partial<CatalogVersion> = {}): CatalogVersion => ({
  model: 'sums',
  version,
  digest: digestOf(version),
  label: `v${version}`,
  bytes: 1_000,
  signature: sumSignature,
  createdAt: instant(1_780_000_000_000),
  ...over,
});

export const digestOf = (version: number): string =>
  `sha256:${version.toString(16).padStart(64, '0')}`;

const refOf = (version: number) => ({ model: 'sums', version, digest: digestOf(version) });

/** A route without a rollout, answered by version 1. */
export const plainRoute = (over: Partial<Route> = {}): Route => ({
  endpoint: 'risk',
  model: 'sums',
  rollout: null,
  revision: 1,
  since: 1,
  arms: [{ name: 'baseline', role: 'baseline', version: refOf(1) }],
  split: [{ arm: 'baseline', bps: bps(10_000) }],
  attributes: [],
  audience: null,
  mirror: null,
  salt: '00112233445566778899aabbccddeeff',
  unitKey: { header: 'x-unit-id', pointer: null },
  fallback: 'baseline',
  deadlineMs: 2_000,
  bucketMs: 10_000,
  thresholdsMs: noThresholds,
  warm: [],
  ...over,
});

/** A route with version 2 as candidate at a share. */
export const rolloutRoute = (shareBps: number, over: Partial<Route> = {}): Route =>
  plainRoute({
    rollout: 'r-1',
    arms: [
      { name: 'baseline', role: 'baseline', version: refOf(1) },
      { name: 'candidate', role: 'candidate', version: refOf(2) },
    ],
    split: [
      { arm: 'baseline', bps: bps(10_000 - shareBps) },
      { arm: 'candidate', bps: bps(shareBps) },
    ],
    ...over,
  });

/** Copies of all requests to the candidate. */
export const mirrorOfAll: RouteMirror = {
  arm: 'candidate',
  sample: bps(10_000),
  perSecondMax: 10_000,
  inFlightMax: 100,
  deadlineMs: 400,
  comparison: { kind: 'auto' },
};

/** A table of routes; versions 1 to 4 of `sums` are known, the newest first. */
export const tableWith = (
  generation: number,
  routes: readonly Route[],
  versions: readonly CatalogVersion[] = [4, 3, 2, 1].map((version) => versionOf(version)),
): RoutingTable => ({ schema: 1, generation, routes, models: [{ name: 'sums', versions }] });
