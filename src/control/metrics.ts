import { PHASES } from '../core/rollout/rollout.ts';
import { candidateShare } from '../core/rollout/share.ts';
import { exposition, type MetricDeclaration, type MetricSample } from '../protocol/exposition.ts';
import type { ControlContext } from './context.ts';
import { activeRolloutsOf, rolloutsOf, tableOf } from './state.ts';

/** Every metric of control: name, type and meaning. The reference page is made from this table. */
export const controlMetrics = {
  understudy_control_table_generation: {
    type: 'gauge',
    help: 'Generation of the routing table as published.',
  },
  understudy_control_gateways: { type: 'gauge', help: 'Gateways, by whether they are alive.' },
  understudy_control_gateway_generation: {
    type: 'gauge',
    help: 'Generation a gateway serves from.',
  },
  understudy_control_rollouts: { type: 'gauge', help: 'Rollouts by phase.' },
  understudy_control_rollout_share: {
    type: 'gauge',
    help: 'Wanted share of the candidate, from 0 to 1, by endpoint and rollout.',
  },
  understudy_control_rollout_evidence: {
    type: 'gauge',
    help: 'Logarithm of the e-value of a check, by rollout, check and direction (harm, safety).',
  },
  understudy_control_ticks_total: { type: 'counter', help: 'Times all rollouts were judged.' },
  understudy_control_tick_seconds_total: { type: 'counter', help: 'Time spent judging.' },
  understudy_control_ticks_failed_total: {
    type: 'counter',
    help: 'Ticks that failed; rollouts stayed where they were.',
  },
  understudy_control_process_resident_bytes: {
    type: 'gauge',
    help: 'Memory of the control process.',
  },
  understudy_control_process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of the control process.',
  },
} as const satisfies Record<string, MetricDeclaration>;

type Sample = MetricSample<keyof typeof controlMetrics>;

/** What a process says of itself. */
export type ProcessUse = { readonly residentBytes: number; readonly cpuSeconds: number };

/** The metrics of control as text. */
export function controlMetricsText(context: ControlContext, use: ProcessUse): string {
  const { journal, fleet, loop } = context;
  const members = fleet.members();
  const alive = members.filter((member) => member.alive).length;
  const plain: readonly Sample[] = [
    {
      name: 'understudy_control_table_generation',
      value: tableOf(journal.state()).generation,
    },
    { name: 'understudy_control_gateways', labels: { alive: 'true' }, value: alive },
    {
      name: 'understudy_control_gateways',
      labels: { alive: 'false' },
      value: members.length - alive,
    },
    ...members.map(({ gateway, generation }): Sample => ({
      name: 'understudy_control_gateway_generation',
      labels: { gateway },
      value: generation,
    })),
    { name: 'understudy_control_ticks_total', value: loop.counts.ticks },
    { name: 'understudy_control_ticks_failed_total', value: loop.counts.failed },
    { name: 'understudy_control_tick_seconds_total', value: loop.counts.ms / 1_000 },
    { name: 'understudy_control_process_resident_bytes', value: use.residentBytes },
    { name: 'understudy_control_process_cpu_seconds_total', value: use.cpuSeconds },
  ];
  return exposition(controlMetrics, [...plain, ...rolloutSamples(context)]);
}

function rolloutSamples({ journal, loop }: ControlContext): readonly Sample[] {
  const state = journal.state();
  const phases = Map.groupBy(rolloutsOf(state), ({ phase }) => phase);
  const byPhase = PHASES.map((phase): Sample => ({
    name: 'understudy_control_rollouts',
    labels: { phase },
    value: phases.get(phase)?.length ?? 0,
  }));
  const active = activeRolloutsOf(state).flatMap((rollout): readonly Sample[] => {
    const { id, endpoint } = rollout;
    const share: Sample = {
      name: 'understudy_control_rollout_share',
      labels: { endpoint, rollout: id },
      value: candidateShare(rollout) / 10_000,
    };
    const verdicts = loop.judgements.get(id)?.verdicts ?? [];
    const evidence = verdicts.flatMap(({ check, evidence: { harm, safety } }) =>
      Object.entries({ harm, safety }).map(([direction, value]): Sample => ({
        name: 'understudy_control_rollout_evidence',
        labels: { endpoint, rollout: id, check, direction },
        value,
      })),
    );
    return [share, ...evidence];
  });
  return [...byPhase, ...active];
}
