import { UnderstudyError } from '../../sdk/error.ts';
import { WHOLE_BPS } from '../core/lib/units.ts';
import { testMs } from '../core/plan/length.ts';
import type { RolloutSpec } from '../core/rollout/spec.ts';
import { sequenceOf } from '../core/strategy/ladder.ts';
import type { StrategySpec } from '../core/strategy/spec.ts';
import type { Session } from './session.ts';
import { count, duration, percent } from './wording.ts';

const DAY_MS = 86_400_000;

/**
 * How long an A/B test will take, for people who are about to start one: by what they said of the
 * traffic, else by what the endpoint was asked in the last day. Null: none is declared.
 */
export async function testLength(
  session: Session,
  { endpoint, spec }: { readonly endpoint: string; readonly spec: RolloutSpec },
): Promise<string | null> {
  const test = sequenceOf(spec).find((one) => one.kind === 'ab-test');
  if (test === undefined || test.planned === null) return null;
  const needs = `The test needs ${count(test.planned.unitsInAll)} units`;
  const { expectedMs } = test.planned;
  if (expectedMs !== null) {
    return `${needs}: ${duration(expectedMs)} at ${count(test.unitsPerDay ?? 0)} units a day.`;
  }
  const rate = await unitsPerSecond(session, endpoint);
  if (rate === null) return `${needs}. How long that takes cannot be said: nothing is asked yet.`;
  const part = (spec.slice ?? WHOLE_BPS) / WHOLE_BPS;
  return `${needs}: ${about(test, rate * part)} at ${rateText(rate, part)}${butFor(test)}.`;
}

const about = (test: StrategySpec<'ab-test'>, rate: number): string =>
  `about ${duration(testMs(test, { unitsPerSecond: rate }))}`;

const rateText = (rate: number, part: number): string =>
  `${part === 1 ? '' : `${percent(part)} of `}the ${Number(rate.toPrecision(2))} units a second ` +
  'of the last day';

/** What the figure does not know of. */
const butFor = ({ audience }: StrategySpec<'ab-test'>): string =>
  audience === null
    ? ', longer where the same units come back'
    : ', longer where the same units come back or are not in the audience';

/** What the endpoint was asked in the last day; null: nothing, or nobody may know. */
async function unitsPerSecond(session: Session, endpoint: string): Promise<number | null> {
  const client = await session.client();
  try {
    const asked = { params: { endpoint }, query: { lastMs: DAY_MS } };
    const { unitsPerSecond: rate } = await client.endpoint.traffic(asked);
    return rate > 0 ? rate : null;
  } catch (error) {
    // The start itself will say what is wrong.
    if (error instanceof UnderstudyError) return null;
    throw error;
  }
}
