import type { Command } from 'commander';
import type { CallAnswer } from '../protocol/admin/call.ts';
import type { Runner } from './command.ts';
import type { Output } from './output.ts';
import { readRollout } from './reference.ts';
import { comparedOf, outcomeStyles, rolloutText, shownOf } from './rollout-view.ts';
import { renderFacts, renderTable } from './table.ts';
import { count, duration, millis, moment, percent, plural } from './wording.ts';

type Explanation = CallAnswer<'rollout.explain'>;
type Explained = Explanation['checks'][number];

/** `rollout explain`. */
export function addRolloutExplain(rollout: Command, runner: Runner): void {
  rollout
    .command('explain ROLLOUT')
    .description('say why a rollout is where it is, or how it ended (ROLLOUT: id or endpoint)')
    .action(
      runner.does(async (session, [word = '']) => {
        const client = await session.client();
        const { id } = await readRollout(client, word);
        const found = await client.rollout.explain({ params: { rollout: id } });
        session.out.result(found, () => told(found, session.out, Date.now()));
      }),
    );
}

function told(found: Explanation, out: Output, nowMs: number): string {
  // Each check is told at length below, so not in the table as well.
  const head = rolloutText({ ...found.rollout, verdicts: [] }, out, nowMs).join('\n');
  const parts: readonly (readonly [title: string, text: string])[] = [
    ['What it wants now', found.wants.join('\n')],
    [checksTitle(found), found.checks.map((one) => checkText(one, out)).join('\n\n')],
    ['What may go wrong', budgetText(found)],
    ['How copies agree by segment', agreementText(found, out)],
    ['Gateways', gatewaysText(found, out)],
    ['How it came here', historyTable(found, out)],
  ];
  const told = parts
    .filter(([, text]) => text !== '')
    .map(([title, text]) => `${out.paint('strong', title)}\n${indented(text)}`);
  return [head, ...told].join('\n\n');
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

const checksTitle = ({ asOf }: Explanation): string =>
  asOf === null ? 'What the checks say' : `What the checks said at ${moment(asOf)}`;

const onFailWords: Readonly<Record<Explained['onFail'], string>> = {
  hard: 'reverts when it fails',
  soft: 'asks a person when it fails',
  inform: 'only reports',
};

function checkText(explained: Explained, out: Output): string {
  const { verdict, onFail, accepted } = explained;
  const { check, arm, outcome, candidate, baseline, effect, etaMs } = verdict;
  const interval = effect === undefined ? verdict.interval : effect.interval;
  const manner = accepted ? 'its failure was accepted' : onFailWords[onFail];
  const title = [
    out.paint('strong', check),
    out.paint(outcomeStyles[outcome], outcome),
    out.paint('dim', `(${arm}; ${manner})`),
  ].join('  ');
  const facts = renderFacts(
    [
      ['candidate', effect === undefined ? figures(candidate) : shownOf(verdict, 'candidate')],
      ['baseline', effect === undefined ? figures(baseline) : shownOf(verdict, 'baseline')],
      [
        effect === undefined ? 'ratio' : 'difference',
        comparedOf(verdict) + (interval === null ? '' : ' (95%, at all times at once)'),
      ],
      ['harm', harmText(explained)],
      ['safety', safetyText(explained)],
      ...(etaMs === null
        ? []
        : [['passes in', `about ${duration(etaMs)} if it is healthy`] as const]),
    ],
    out.surface,
  );
  return `${title}\n${verdict.sentence}\n${facts}`;
}

const figures = ({ units, losses }: Explained['verdict']['candidate']): string =>
  `${count(Number(losses.toFixed(1)))} of ${count(Math.round(units))} units` +
  (units === 0 ? '' : ` (${percent(losses / units)})`);

/** E-values are told as odds: people know what 300 to 1 is. */
const odds = (logE: number): string => count(Number(Math.exp(logE).toPrecision(2)));

function harmText({ verdict, harmChance, harmChanceNeeded }: Explained): string {
  const { harm, harmNeeded } = verdict.evidence;
  const evidence = `evidence ${odds(harm)} of ${odds(harmNeeded)}: `;
  if (harmChance === 1) return `${evidence}nothing points to it`;
  return (
    `${evidence}a candidate that is no worse shows as much in at most ${rare(harmChance)} ` +
    `of rollouts; it fails at ${rare(harmChanceNeeded)}`
  );
}

function safetyText({ verdict, safetyChance, safetyChanceNeeded }: Explained): string {
  const { safety, safetyNeeded } = verdict.evidence;
  const evidence = `evidence ${odds(safety)} of ${odds(safetyNeeded)}: `;
  if (safetyChance === 1) return `${evidence}nothing is shown yet`;
  return (
    `${evidence}one worse than the margin shows as much in at most ${rare(safetyChance)}; ` +
    `it passes at ${rare(safetyChanceNeeded)}`
  );
}

const RARE = 1e-4;

/** A chance as per cent; of a very small one only that it is. */
const rare = (chance: number): string => (chance < RARE ? 'less than 0.01%' : percent(chance));

function budgetText({ budget, thresholdsMs, rollout }: Explanation): string {
  const { wrongRevert, hardChecks, candidates, each, wrongPromote, feedback } = budget;
  const sharers =
    plural(hardChecks, 'hard check', 'hard checks') +
    (candidates === 1 ? '' : ` of ${candidates} candidates`);
  const { slow, tail } = thresholdsMs;
  return [
    `A candidate that is no worse is reverted in at most ${percent(wrongRevert)} of rollouts, ` +
      `shared by ${sharers}: ${percent(each)} each. Looking often costs nothing.`,
    `A stage lets a candidate pass that is worse than its margin in at most ` +
      `${percent(wrongPromote)}.`,
    ...feedback.map(({ check, alpha }) => {
      const chance = percent(alpha);
      return `${check} fails one that is no worse than is borne in at most ${chance} besides.`;
    }),
    slow === null
      ? 'What counts as slow has not been fixed.'
      : `Answers above ${millis(slow)} ms count as slow, above ${millis(tail)} ms as very slow.`,
    `The declaration has not changed since ${moment(rollout.createdAt)}.`,
  ].join('\n');
}

function gatewaysText({ gateways }: Explanation, out: Output): string {
  if (gateways === null) return '';
  const { confirmed, others, since, proofs } = gateways;
  const names = confirmed.length === 0 ? 'none' : confirmed.join(', ');
  const odd = others.map(({ gateway, living, generation, ready, failed, fuse }) => {
    const why = [
      ...(fuse === null ? [] : [`cut the candidate off: ${fuse}`]),
      ...(failed === null ? [] : [`cannot load the candidate: ${failed}`]),
      ...(living ? [] : ['is silent']),
      ...(ready ? [] : ['has not loaded the candidate']),
      ...(generation < since ? [`serves generation ${generation}`] : []),
    ];
    return `${out.paint('warn', gateway)} ${why.join('; ')}`;
  });
  const proved = (proofs ?? []).map(({ gateway, arm, values, tookMs, agoMs, difference }) => {
    const what = `${count(values)} values as expected in ${millis(tookMs)} ms`;
    const when = `${duration(agoMs)} before it was judged`;
    const said = difference === null ? `${what}, ${when}` : out.paint('bad', difference);
    return `golden rows of ${arm} on ${gateway}: ${said}`;
  });
  return [`confirmed generation ${since}: ${names}`, ...odd, ...proved].join('\n');
}

function agreementText({ agreement }: Explanation, out: Output): string {
  if (agreement === undefined || agreement.segments.length === 0) return '';
  const since = out.paint('dim', `since ${moment(agreement.since)}; one look at all of them`);
  const table = renderTable(
    [
      { title: 'ARM' },
      { title: 'SEGMENT' },
      { title: 'COMPARED', right: true },
      { title: 'AGREES', right: true },
      { title: 'AT LEAST', right: true },
      { title: 'SAMPLED', right: true },
      { title: 'COVERAGE', right: true },
    ],
    agreement.segments.map((one) => [
      { text: one.arm, style: 'strong' },
      one.segment,
      count(one.units),
      percent(one.agreement),
      percent(one.lowerBound),
      count(one.sampled),
      percent(one.coverage),
    ]),
    out.surface,
  );
  return `${since}\n${table}`;
}

const historyTable = ({ history }: Explanation, { surface }: Output): string =>
  renderTable(
    [
      { title: 'ENTRY', right: true },
      { title: 'AT' },
      { title: 'WHO' },
      { title: 'DID' },
      { title: 'THEN' },
      { title: 'WHY' },
    ],
    history.map(({ seq, at, actor, action, phase, stage, reason }) => [
      String(seq),
      moment(at),
      actor,
      { text: action, style: 'strong' },
      phase === null ? '–' : `${phase}, step ${(stage ?? 0) + 1}`,
      reason,
    ]),
    surface,
  );
