import type { Evidence } from '../../src/core/analysis/evidence.ts';
import { receiptOf } from '../../src/control/api/receipts.ts';
import { EvidenceBook } from '../../src/control/evidence-book.ts';
import { after } from '../../src/core/lib/units.ts';
import { replayReceipt } from '../../src/core/replay/replay.ts';
import { verifyReceipt } from '../../src/core/replay/verify.ts';
import { hasBegun, isFinal, isQueued } from '../../src/core/rollout/rollout.ts';
import { Fault } from '../../src/protocol/errors.ts';
import { parseReceipt } from '../../src/protocol/admin/receipt.ts';
import type { Coverage } from './coverage.ts';
import { must, Violation } from './trace.ts';
import { drawPlan, World, type Plan } from './world.ts';

/** What came of one seed. */
export type Outcome = {
  readonly seed: string;
  readonly steps: number;
  readonly hash: string;
  readonly coverage: Coverage;
  readonly requests: { readonly answered: number; readonly failed: number };
  /** How many rollouts ended in each phase, or did not. */
  readonly rollouts: Readonly<Record<string, number>>;
};

/** A run that found something, with what is needed to look into it. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(seed: string, why: string, tail: string) {
    super(`${why}\n\nreplay with SEED=${seed}\n\nwhat happened last:\n${tail}`);
  }
}

const FAULTS_MS = 120_000;
/** Everybody is back and knows the newest table, however long he was away. */
const CALM_MS = 20_000;
/** Whatever goes on then comes to an end, or waits for evidence. */
const QUIET_MS = 60_000;
/** From a person's word to the last gateway. */
const BACK_MS = 2_000;
/** Until control has heard so from every gateway. */
const CONFIRMED_MS = 8_000;
const TAIL = 60;

type Options = { readonly isLoud?: boolean };

/** Runs one seed: faults for two minutes, then none, until every rollout has come to an end. */
export const run = (seed: string, options: Options = {}): Promise<Outcome> =>
  runPlan(drawPlan(seed), options);

/** Runs a world that has been drawn already. */
export async function runPlan(plan: Plan, options: Options = {}): Promise<Outcome> {
  const world = new World(plan, options);
  try {
    await world.open();
    world.people.begin(plan.wishMs);
    world.faults.begin();
    await world.pass(FAULTS_MS);
    world.mend();
    await mustGetWell(world);
    await mustKnowTheEvidence(world);
    const rollouts = countPhases(world);
    await mustGoBack(world);
    await mustHaveKeptPromises(world);
    return outcomeOf(world, plan.seed, rollouts);
  } catch (error) {
    const why = error instanceof Violation ? error.message : String((error as Error).stack);
    throw new Failure(plan.seed, why, world.trace.tail(TAIL));
  }
}

function countPhases({ ledger }: World): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { phase } of ledger.rollouts.values()) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

function outcomeOf(world: World, seed: string, rollouts: Outcome['rollouts']): Outcome {
  const { steps, coverage, trace, clients } = world;
  const { answered, failed } = clients;
  return { seed, steps, hash: trace.end(), coverage, requests: { answered, failed }, rollouts };
}

/** Once the faults have stopped, everybody is soon on the newest table, and no step hangs. */
async function mustGetWell(world: World): Promise<void> {
  await world.pass(CALM_MS);
  mustBeOnNewest(world);
  await world.pass(QUIET_MS, () => world.active().length === 0);
  // What a rollout has only just begun to do takes a moment.
  await world.pass(CONFIRMED_MS, () => world.active().every((id) => waitingFor(world, id).mayLast));
  for (const id of world.active()) {
    const { mayLast, what } = waitingFor(world, id);
    must(mayLast, `${id} ${what}`);
  }
}

/** What a rollout that has not ended waits for, and whether that may last as long as it takes. */
function waitingFor(
  { ledger, control }: World,
  id: string,
): { readonly mayLast: boolean; readonly what: string } {
  const phase = ledger.rollouts.get(id)?.phase;
  const decision = control?.context?.loop.judgements.get(id)?.decision;
  const what = `is still ${phase} and waits for ${JSON.stringify(decision)}`;
  if (decision?.type !== 'hold' || decision.reason.sentence === '') return { mayLast: false, what };
  const isWaiting = phase === 'advancing' && MAY_LAST.has(decision.reason.code);
  // What it waits for is looked at by itself.
  const isBehind = phase === 'queued' && decision.reason.code === 'queued';
  return { mayLast: phase === 'holding' || isWaiting || isBehind, what };
}

/** What an advancing rollout may wait for as long as it takes. */
const MAY_LAST: ReadonlySet<string> = new Set([
  'unsure',
  'starved',
  'soaking',
  'awaiting',
  'invalid',
]);

function mustBeOnNewest({ gateways, ledger }: World): void {
  const newest = ledger.table?.generation;
  for (const one of gateways) {
    if (one?.isDead === true) continue;
    must(one !== null && one.gateway.isReady(), 'a gateway is not ready long after the faults');
    const { generation } = one.inspect();
    must(generation === newest, `${one.name} serves generation ${generation}, not ${newest}`);
  }
}

/** What control believes it has seen is what is in the store, folded by somebody who comes anew. */
async function mustKnowTheEvidence(world: World): Promise<void> {
  for (let tries = 0; tries < LOOKS_MAX; tries += 1) {
    if (await knowsTheEvidence(world)) return;
    // A row may be stored, and its confirmation still be on the way.
    await world.pass(LOOK_MS);
  }
  must(false, 'the evidence is not what the windows in the store say');
}

const LOOKS_MAX = 10;
const LOOK_MS = 130;
/** Every bucket is over by then. */
const LATER_MS = 3_600_000;

async function knowsTheEvidence(world: World): Promise<boolean> {
  const { control, ledger } = world;
  const context = control?.context ?? null;
  must(context !== null, 'control is not up long after the faults');
  const rollouts = [...ledger.rollouts.values()].filter((one) => !isFinal(one) && !isQueued(one));
  const now = after(context.clock.now(), LATER_MS);
  const situation = { rollouts, gateways: [], now };
  const held = await said(world, context.book.read(situation));
  const anew = await new EvidenceBook(ledger).read(situation);
  return rollouts.every(({ id }) => judged(held.get(id)) === judged(anew.get(id)));
}

/**
 * What verdicts are made of. How fast the baseline was before the rollout is not: it is asked for
 * only until it is fixed what counts as slow.
 */
const judged = (evidence: Evidence | undefined): string =>
  JSON.stringify([evidence?.checks, evidence?.recent, evidence?.buckets]);

/** From whatever phase: a person says so, and no gateway sends the candidate anything any more. */
async function mustGoBack(world: World): Promise<void> {
  const { people, ledger } = world;
  const ids = world.active();
  for (const [index, id] of ids.entries()) {
    // Some are caught in the middle of their promotion.
    if (index % 2 === 0) {
      await said(world, people.insist('rollout.command', { rollout: id }, { command: 'promote' }));
    }
    const back = people.insist('rollout.command', { rollout: id }, { command: 'rollback' });
    const reply = await said(world, back);
    const isEnded = isFinal(ledger.rollouts.get(id) ?? { phase: 'preparing' });
    must(
      reply.type === 'done' || reply.type === 'idle' || isEnded,
      `${id} does not go back: ${reply.what}`,
    );
  }
  await world.pass(BACK_MS);
  mustBeOnNewest(world);
  for (const one of world.gateways.filter((some) => some?.isDead === false)) {
    for (const { rollout, arms } of one?.inspect().endpoints ?? []) {
      const isOut = rollout === null || (arms[1]?.effectiveBps ?? 0) === 0;
      must(isOut, `${one?.name} still sends ${rollout} traffic after a rollback`);
    }
  }
  await world.pass(CONFIRMED_MS);
  for (const id of world.active()) {
    must(false, `${id} is ${ledger.rollouts.get(id)?.phase} long after its rollback`);
  }
}

/** What somebody is told; time passes until he is. */
async function said<T>(world: World, asked: Promise<T>): Promise<T> {
  let answer: { readonly value: T } | null = null;
  asked.then(
    (value) => (answer = { value }),
    (error: unknown) => world.fail(error),
  );
  await world.pass(60_000, () => answer !== null);
  const told = answer as { readonly value: T } | null;
  must(told !== null, 'nobody answers');
  return told.value;
}

/** Whatever happened to it, each rollout's receipt is decided again as it was decided. */
async function mustDecideAlike({ ledger, control, coverage }: World): Promise<void> {
  const context = control?.context ?? null;
  must(context !== null, 'control is not up long after the faults');
  for (const rollout of [...ledger.rollouts.values()].filter(hasBegun)) {
    const receipt = await receiptOf({ ...context, store: ledger }, rollout).catch((error) => {
      const isUnclear = error instanceof Fault && error.code === 'RECEIPT_WINDOWS_UNCLEAR';
      const jumps = coverage.count('wall time jumped back');
      const forward = coverage.count('wall time jumped forward');
      // When faults are mended, a clock that was ahead is set back.
      must(isUnclear && jumps + forward > 0, String(error));
      return null;
    });
    if (receipt === null) continue;
    const verified = verifyReceipt(parseReceipt(JSON.parse(JSON.stringify(receipt))));
    must(verified.outcome === 'same', `${rollout.id}: ${verified.sentence}`);
    const replayed = replayReceipt(receipt, rollout.spec);
    const parting = replayed.ok ? replayed.value.parting : { sentence: replayed.error.sentence };
    must(parting === null, `${rollout.id} is replayed otherwise: ${parting?.sentence ?? ''}`);
  }
}

async function mustHaveKeptPromises(world: World): Promise<void> {
  const { ledger, people, receiver, clients } = world;
  people.mustBeRemembered();
  await ledger.mustVerify();
  await mustDecideAlike(world);
  await ledger.mustNameWhatIsServed();
  for (const id of ledger.effects.keys()) must(receiver.has(id), `effect ${id} never arrived`);
  const pending = await ledger.scan({ log: 'outbox', limit: 1_000 });
  must(pending.length === 0, `${pending.length} effects still wait`);
  for (const [endpoint, sent] of clients.sent) {
    const counted = await ledger.requestsCounted(endpoint);
    must(counted <= sent, `${counted} of ${sent} requests to ${endpoint} are counted`);
  }
}
