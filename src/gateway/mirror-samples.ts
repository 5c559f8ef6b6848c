import { DROP_REASONS } from '../core/telemetry/copies.ts';
import type { Sample } from './metrics.ts';
import { endsOf } from './mirror-circuit.ts';
import type { ServedMirror, ServedLaneRoute } from './served.ts';

/** What is said of copies, for every route that has a mirror. */
export const mirrorSamples = (routes: Iterable<ServedLaneRoute>): readonly Sample[] =>
  [...routes].flatMap(({ route, mirrors }) =>
    mirrors.flatMap((mirror) => samplesOf(route.endpoint, mirror)),
  );

function samplesOf(endpoint: string, { arm, circuit }: ServedMirror): readonly Sample[] {
  const { model, version } = arm.version;
  const labels = { endpoint, model, version, arm: arm.name };
  const { sampled, dropped, rows, differing } = circuit.counts;
  return [
    { name: 'understudy_copies_sampled_total', labels, value: sampled },
    ...DROP_REASONS.map((reason): Sample => {
      const value = dropped[reason];
      return { name: 'understudy_copies_dropped_total', labels: { ...labels, reason }, value };
    }),
    ...endsOf(circuit.counts).map(([outcome, value]): Sample => {
      return { name: 'understudy_copies_ended_total', labels: { ...labels, outcome }, value };
    }),
    { name: 'understudy_copies_compared_rows_total', labels, value: rows },
    { name: 'understudy_copies_differing_rows_total', labels, value: differing },
    { name: 'understudy_copies_in_flight', labels, value: circuit.inFlight },
    { name: 'understudy_copies_breaker_open', labels, value: circuit.isOpen ? 1 : 0 },
  ];
}
