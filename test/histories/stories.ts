import { canaryOf, defaultChecks, presetStages } from '../../src/core/strategy/presets.ts';
import type { RolloutSpec } from '../../src/core/rollout/spec.ts';
import { usual } from './course.ts';
import type { Behaviour, Course } from './course.ts';
import { usualSpec } from '../samples.ts';

/** Rollouts worth remembering: each is a way in which deciding has gone wrong somewhere. */
export type Story = {
  readonly name: string;
  readonly course: Course;
  readonly spec: RolloutSpec;
  readonly bucketsMax: number;
};

const MINUTE = 60_000;
const course = (
  seed: number,
  over: Partial<Course> & { readonly baseline: Course['baseline'] },
): Course => ({
  seed,
  gateways: 1,
  unitsPerSecond: () => 40,
  candidate: over.baseline,
  ...over,
});
const always = (over: Partial<Behaviour>) => (): Behaviour => ({ ...usual, ...over });

const incident = (atMs: number): Behaviour =>
  atMs > 3 * MINUTE && atMs < 9 * MINUTE ? { ...usual, errors: 0.03 } : usual;

/** All of them, in the order of their files. */
export const stories: readonly Story[] = [
  {
    name: 'healthy-promoted',
    course: course(21, { baseline: () => usual }),
    spec: usualSpec,
    bucketsMax: 360,
  },
  {
    name: 'five-times-the-errors',
    course: course(22, { baseline: () => usual, candidate: always({ errors: 0.025 }) }),
    spec: usualSpec,
    bucketsMax: 360,
  },
  {
    name: 'nan-in-production',
    course: course(23, { baseline: () => usual, candidate: always({ nulls: 0.2 }) }),
    spec: { ...usualSpec, bucketMs: 1_000, strategy: shortStages(3_000) },
    bucketsMax: 120,
  },
  {
    name: 'incident-in-both-arms',
    course: course(24, { baseline: incident }),
    spec: usualSpec,
    bucketsMax: 360,
  },
  {
    name: 'slower-against-an-objective',
    course: course(25, { baseline: () => usual, candidate: always({ sigma: 0.8 }) }),
    spec: { ...usualSpec, checks: defaultChecks(90) },
    bucketsMax: 360,
  },
  {
    name: 'late-regression-cautious',
    course: course(26, {
      baseline: () => usual,
      candidate: (atMs) => (atMs < 15 * MINUTE ? usual : { ...usual, errors: 0.04 }),
    }),
    spec: { ...usualSpec, strategy: canaryOf(presetStages('cautious', MINUTE)) },
    bucketsMax: 360,
  },
  {
    name: 'too-little-traffic',
    course: course(27, { baseline: () => usual, unitsPerSecond: () => 0.5 }),
    spec: usualSpec,
    bucketsMax: 90,
  },
];

function shortStages(leastMs: number): RolloutSpec['strategy'] {
  return canaryOf(presetStages('default', leastMs));
}
