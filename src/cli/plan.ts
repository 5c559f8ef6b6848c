import { isYesNo } from '../core/plan/feedback.ts';
import { planFrom } from '../core/plan/plan.ts';
import type { Plan, Spread } from '../core/plan/plan.ts';
import type { PlanRequest } from '../core/plan/play.ts';
import { scenariosFor } from '../core/plan/scenario.ts';
import type { Scenario } from '../core/plan/scenario.ts';
import { unplayable } from '../core/plan/unattended.ts';
import type { RolloutSpec } from '../core/rollout/spec.ts';
import { readsOutcomes } from '../core/strategy/ladder.ts';
import type { TrafficBody } from '../protocol/admin/endpoint.ts';
import { Fault } from '../protocol/errors.ts';
import { feedbackSeen, planFeedback } from '../protocol/stats/plan-feedback.ts';
import type { FeedbackSeen } from '../protocol/stats/plan-feedback.ts';
import { planFlags } from '../protocol/stats/plan-flags.ts';
import type { AddCommands } from './command.ts';
import type { Output } from './output.ts';
import { playAll } from './plan-crew.ts';
import { proposalYaml } from './plan-proposal.ts';
import { milliseconds } from './reference.ts';
import { declareByFile, refuseUnsound } from './rollout-declaration.ts';
import type { Declaration } from './rollout-declaration.ts';
import { readAll, readText } from './session.ts';
import type { Session } from './session.ts';
import { renderFacts, renderTable } from './table.ts';
import { count, duration, millis, percent, share } from './wording.ts';

type Options = {
  readonly file: string;
  readonly traffic?: string;
  readonly fromEndpoint?: string;
  readonly last: string;
  readonly baselineError?: string;
  readonly baselineNull?: string;
  readonly latency?: string;
  readonly spread?: string;
  readonly expect?: string;
  readonly labelDelay?: string;
  readonly labelled?: string;
  readonly rollouts?: string;
  readonly seed?: string;
};

/** `plan`. */
export const addPlanCommand: AddCommands = (program, runner) => {
  program
    .command('plan')
    .description('what a rollout would cost, how long it would take and what it would catch')
    .requiredOption('-f, --file <file>', 'the declaration, or - for stdin')
    .option('--traffic <rate>', 'units over time: 50rps, 120rpm, 5000/h')
    .option('--from-endpoint <name>', 'take traffic, rates and latency from an endpoint')
    .option('--last <duration>', 'with --from-endpoint: what was seen in this time', '7d')
    .option('--baseline-error <rate>', 'errors of the version in production: 0.5%')
    .option('--baseline-null <rate>', 'its null predictions: 0%')
    .option('--latency <duration>', 'its median latency: 20ms')
    .option('--spread <number>', 'standard deviation of the latency’s logarithm: 0.5')
    .option('--expect <figures>', 'what comes back of it: label=92%,revenue=3.2')
    .option('--label-delay <duration>', 'from a prediction until its feedback is complete: 0s')
    .option('--labelled <rate>', 'part of the predictions that get a label: 100%')
    .option('--rollouts <n>', 'simulated rollouts of each scenario: 100')
    .option('--seed <seed>', 'same seed, same plan')
    .action(
      runner.does<Options>(async (session, _args, options) => {
        const declaration = await declaredIn(session, options.file);
        refuseUnplayable(declaration);
        const { spec } = declaration.understood;
        const seen = await seenAt(session, options);
        const known = await feedbackAt(session, options, { spec, version: seen?.version ?? 0 });
        const feedback = planFeedback(feedbackWordsOf(options), spec, known);
        const request = { spec, feedback, ...planFlags(wordsOf(options), seen) };
        const planned = planFrom(request, await playAll(request, session.interrupted));
        const { proposal } = planned;
        const proposed = proposal === null ? null : proposalYaml(declaration.sent, proposal);
        session.out.result({ ...planned, proposed }, () =>
          told({ planned, proposed, request }, session.out),
        );
      }),
    );
};

/** The spec in a declaration, or - for stdin. Fault `ROLLOUT_SPEC_INVALID`. */
export async function specIn(session: Session, file: string) {
  const { understood } = await declaredIn(session, file);
  return understood.spec;
}

async function declaredIn({ parts }: Session, file: string): Promise<Declaration> {
  const [name, text] =
    file === '-' ? ['stdin', await readAll(parts.stdin)] : [file, readText(file)];
  const declaration = declareByFile(name, text, {});
  refuseUnsound(declaration);
  return declaration;
}

/** Fault `INPUT_INVALID` for what cannot be played. */
function refuseUnplayable({ understood, placeOf }: Declaration): void {
  const limit = unplayable(understood.spec);
  if (limit === null) return;
  const { path, line } = placeOf(limit.path);
  throw new Fault('INPUT_INVALID', `${line}${limit.sentence}`, path);
}

/** What control has stored of the endpoint's traffic; null: it is not asked for. */
async function seenAt(session: Session, options: Options): Promise<TrafficBody | null> {
  const { fromEndpoint: endpoint, last } = options;
  if (endpoint === undefined) return null;
  const lastMs = milliseconds(last, '--last');
  const client = await session.client();
  return client.endpoint.traffic({ params: { endpoint }, query: { lastMs } });
}

/** What control knows to come back of the version in production; null: nobody asks for it. */
async function feedbackAt(
  session: Session,
  { fromEndpoint: endpoint, last }: Options,
  about: { readonly spec: RolloutSpec; readonly version: number },
): Promise<FeedbackSeen | null> {
  if (endpoint === undefined || !readsOutcomes(about.spec)) return null;
  const query = { lastMs: milliseconds(last, '--last') };
  const client = await session.client();
  return feedbackSeen(await client.feedback.read({ params: { endpoint }, query }), about);
}

type Words = Readonly<Record<string, unknown>>;

const wordsOf = (options: Options): Words =>
  said({
    traffic: options.traffic,
    'baseline-error': options.baselineError,
    'baseline-null': options.baselineNull,
    latency: options.latency,
    spread: options.spread,
    rollouts: options.rollouts,
    seed: options.seed,
  });

const feedbackWordsOf = ({ expect, labelDelay, labelled }: Options): Words =>
  said({ expect, 'label-delay': labelDelay, labelled });

const said = (words: Words): Words =>
  Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined));

type Told = {
  readonly planned: Plan;
  /** A declaration that would do, as YAML. */
  readonly proposed: string | null;
  readonly request: PlanRequest;
};

function told({ planned, proposed, request }: Told, out: Output): string {
  const { advice } = planned;
  const warnings = advice.map(({ path, sentence, proposal }) => {
    const mend = proposal === null ? 'Only more traffic would help.' : proposal;
    return `${out.paint('warn', 'warning')}: ${path}: ${sentence} ${mend}`;
  });
  const parts = [facts({ planned, request }, out), scenarios(planned, out), stages(planned, out)];
  const expected = planned.proposal?.expectedMs ?? 0;
  const mended =
    proposed === null
      ? []
      : [`This would do, in about ${duration(expected)}:\n\n${proposed.trimEnd()}`];
  return [...parts, ...warnings, ...mended].join('\n\n');
}

function facts(
  { planned, request }: Pick<Told, 'planned' | 'request'>,
  { surface }: Output,
): string {
  const { falseRollback, falseRollbackInterval: interval, smallestErrorFactor } = planned;
  const range = `${percent(interval.lower)} to ${percent(interval.upper)}`;
  const { undetected } = planned;
  return renderFacts(
    [
      ['traffic', trafficText(request)],
      ['in production', behaviourText(request)],
      ...feedbackText(request),
      ['simulated', `${count(planned.rollouts)} rollouts of each scenario, seed ${planned.seed}`],
      ['false rollback', `${percent(falseRollback)} (${range})`],
      ...innocent(planned, scenariosFor(request.spec)),
      ['bad one promoted', percent(planned.wrongPromotion)],
      ['healthy rollout', spread(planned.healthyMs, duration)],
      [
        'errors found in that time',
        smallestErrorFactor === null
          ? 'none at any factor tried'
          : `from ${smallestErrorFactor} times as many on`,
      ],
      ['not detected', undetected.length === 0 ? 'nothing' : undetected.join(', ')],
      ...(planned.notJudged.length === 0
        ? []
        : [['not judged', planned.notJudged.join('; ')] as const]),
    ],
    surface,
  );
}

/** A candidate that is no worse may still be taken out when something hits both arms. */
const innocent = (
  { scenarios: all }: Plan,
  played: readonly Scenario[],
): readonly (readonly [string, string])[] =>
  all
    .filter((_, at) => played[at]?.harm.kind === 'incident')
    .map(({ name, reverted, held }) => [
      '… in an incident',
      `${percent(reverted + held)} (${name})`,
    ]);

function trafficText({ unitsPerSecond, dayShape }: PlanRequest): string {
  const rate = `${Number(unitsPerSecond.toPrecision(3))} units a second`;
  if (dayShape === null) return rate;
  const [least, most] = [Math.min(...dayShape), Math.max(...dayShape)];
  return `${rate}, ${least.toFixed(2)} to ${most.toFixed(2)} times that by the hour of the day`;
}

function feedbackText({ feedback }: PlanRequest): readonly (readonly [string, string])[] {
  if (feedback === undefined || feedback.metrics.length === 0) return [];
  const { metrics, maturityMs, labelled } = feedback;
  const means = metrics.map(
    ({ of, mean }) => `${of.name} ${isYesNo(of) ? percent(mean) : Number(mean.toPrecision(3))}`,
  );
  const when = maturityMs === 0 ? 'at once' : `complete after ${duration(maturityMs)}`;
  const part = labelled === 1 ? '' : `, a label of ${percent(labelled)}`;
  return [['feedback', `${means.join(', ')}; ${when}${part}`]];
}

function behaviourText({ usual }: PlanRequest): string {
  const { errorRate, nullRate, medianMs, sigma } = usual;
  const rates = `${percent(errorRate)} errors, ${percent(nullRate)} null`;
  return `${rates}, median ${millis(medianMs)} ms, spread ${Number(sigma.toPrecision(2))}`;
}

function scenarios(planned: Plan, { surface }: Output): string {
  // Only a strategy that chooses between versions ends with the one that was there.
  const chooses = planned.scenarios.some(({ kept }) => kept > 0);
  return renderTable(
    [
      { title: 'SCENARIO' },
      { title: 'BY THE SPEC' },
      { title: 'TAKEN OUT', right: true },
      ...(chooses ? [{ title: 'NOT CHOSEN', right: true } as const] : []),
      { title: 'PROMOTED', right: true },
      { title: 'OPEN', right: true },
      { title: 'AFTER (MEDIAN, P95)' },
      { title: 'REQUESTS HARMED' },
    ],
    planned.scenarios.map((one) => [
      one.name,
      one.meaning,
      percent(one.reverted + one.held),
      ...(chooses ? [percent(one.kept)] : []),
      percent(one.promoted),
      percent(one.undecided),
      spread(one.detectionMs, duration),
      spread(one.harmedRequests, (value) => count(Math.round(value))),
    ]),
    surface,
  );
}

function stages(planned: Plan, { surface }: Output): string {
  return renderTable(
    [
      { title: 'STAGE', right: true },
      { title: 'SHARE', right: true },
      { title: 'MARGIN', right: true },
      { title: 'REACHED', right: true },
      { title: 'LASTS (MEDIAN, P95)' },
    ],
    planned.stages.map((stage, index) => [
      String(index + 1),
      share(stage.share),
      String(stage.margin),
      percent(stage.reached),
      spread(stage.ms, duration),
    ]),
    surface,
  );
}

const spread = (given: Spread | null, word: (value: number) => string): string =>
  given === null ? '–' : `${word(given.median)}, ${word(given.p95)}`;
