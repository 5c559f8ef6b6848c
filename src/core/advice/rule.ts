import type { Circumstances, Factor } from './factor.ts';
import type { Advised } from './trade-off.ts';

/** One reason for or against some strategies. */
export type Rule = {
  readonly factor: Factor;
  /** The value of the factor it is about. */
  readonly is: Circumstances[Factor];
  /** Points by strategy; whom it rules out has none. */
  readonly points: Readonly<Partial<Record<Advised, number>>>;
  /** Strategies that cannot be had; they come last, whatever else speaks for them. */
  readonly rulesOut: readonly Advised[];
  readonly because: string;
};

type Said = Partial<Pick<Rule, 'points' | 'rulesOut'>>;

/** The rules for one value of one factor: each reason with whom it is for or against. */
export const rulesWhen = <F extends Factor>(
  factor: F,
  is: Circumstances[F],
  reasons: Readonly<Record<string, Said>>,
): readonly Rule[] =>
  Object.entries(reasons).map(([because, { points = {}, rulesOut = [] }]) => {
    return { factor, is, points, rulesOut, because };
  });

/** Whether a rule applies. */
export const applies = ({ factor, is }: Rule, circumstances: Circumstances): boolean =>
  circumstances[factor] === is;

/** What one value of one factor does to a strategy; the rules say it once at the most. */
export type Effect =
  | { readonly type: 'points'; readonly points: number; readonly because: string }
  | { readonly type: 'ruled_out'; readonly because: string };

/** What a rule does to a strategy; null: nothing. */
export function effectOn(strategy: Advised, rule: Rule): Effect | null {
  const { because, points, rulesOut } = rule;
  if (rulesOut.includes(strategy)) return { type: 'ruled_out', because };
  const given = points[strategy];
  return given === undefined ? null : { type: 'points', points: given, because };
}
