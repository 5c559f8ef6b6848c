import type { Endpoint } from '../routing/endpoint.ts';
import { segmentProblem } from '../segment/segments.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { RolloutSpec } from './spec.ts';

/**
 * The declaration with the segments its figures are told apart by: its own, else those of the
 * endpoint as they are when it begins. They stay: what was counted in one means the same for ever.
 */
export function withSegments(spec: RolloutSpec, { settings }: Endpoint): RolloutSpec {
  const segments = spec.segments ?? settings.segments;
  return segments === undefined ? spec : { ...spec, segments };
}

/** Why the segments of a declaration say nothing at an endpoint; null when they are sound. */
export function segmentsRefusal(spec: RolloutSpec, { settings }: Endpoint): Refusal | null {
  const problem =
    spec.segments === undefined ? null : segmentProblem(spec.segments, settings.attributes);
  if (problem === null) return null;
  return refusal('SEGMENTS_INVALID', `${problem.sentence}.`, `segments${problem.path}`);
}
