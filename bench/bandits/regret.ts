import { fork, prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { equalShares } from '../../src/core/stats/bandit.ts';
import type { ArmReward } from '../../src/core/stats/bandit.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import { meanOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';
import type { Rule } from './rules.ts';
import { BATCHES, UNITS } from './worlds.ts';
import type { World } from './worlds.ts';

/** Batches of a run in their order, with what each arm was given and earned. */
export type Run = { readonly batches: readonly (readonly ArmReward[])[]; readonly regret: number };

/** One run: rewards missed against the best arm of each batch, by expectation. */
export function play(rng: Prng, world: World, rule: Rule['shares']): Run {
  const batches: (readonly ArmReward[])[] = [];
  let regret = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const rates = world.ratesAt(batch);
    const known = batches.slice(0, Math.max(0, batch - world.delayBatches));
    const shares = known.length === 0 ? equalShares(rates.length) : rule(rng, known);
    const best = Math.max(...rates);
    batches.push(
      rates.map((rate, arm) => {
        const units = Math.round(UNITS * (shares[arm] ?? 0));
        regret += units * (best - rate);
        return { units, reward: sampleBinomial(rng, units, rate) };
      }),
    );
  }
  return { batches, regret };
}

/** Mean regret of a rule in a world. All rules meet the same seeds. */
export function regretOf(rule: Rule, world: World, runs: number): Estimate {
  const rng = prng(`regret/${world.name}`);
  return meanOf(
    Array.from({ length: runs }, () => play(fork(rng, 'run'), world, rule.shares).regret),
  );
}
