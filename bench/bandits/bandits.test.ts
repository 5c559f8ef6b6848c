import { describe, expect, test } from 'vitest';
import type { Estimate } from '../estimate.ts';
import { CHOICES, contextualRegret } from './contextual.ts';
import { LEVEL, falseFinds } from './inference.ts';
import { regretOf } from './regret.ts';
import { RULES } from './rules.ts';
import { WORLDS } from './worlds.ts';

const RUNS = 20;

function regret(rule: string, world: string): Estimate {
  const found = { rule: RULES.find(({ name }) => name === rule), world: worldNamed(world) };
  if (found.rule === undefined) throw new Error(`there is no rule ${rule}`);
  return regretOf(found.rule, found.world, RUNS);
}

function worldNamed(name: string): (typeof WORLDS)[number] {
  const world = WORLDS.find((one) => one.name === name);
  if (world === undefined) throw new Error(`there is no world ${name}`);
  return world;
}

describe('regret', () => {
  test('an equal split misses the middle of best and worst', () => {
    expect(regret('equal split', 'stationary').value).toBeCloseTo(500, -1);
  });

  test.for([
    { rule: 'Thompson, beta', world: 'stationary', factor: 0.4 },
    { rule: 'Thompson, Gaussian', world: 'stationary', factor: 0.4 },
    { rule: 'KL-UCB', world: 'stationary', factor: 0.6 },
    { rule: 'top-two Thompson', world: 'stationary', factor: 0.8 },
    { rule: 'Thompson, beta', world: 'delayed', factor: 0.5 },
    { rule: 'Thompson, beta', world: 'trending', factor: 0.4 },
    { rule: 'discounted Thompson, 0.7', world: 'switching', factor: 0.8 },
    { rule: 'Thompson, last 3 batches', world: 'switching', factor: 0.8 },
  ])('$rule misses less than $factor of an equal split, $world', ({ rule, world, factor }) => {
    expect(regret(rule, world).upper).toBeLessThan(factor * regret('equal split', world).value);
  });

  test('after a switch, who forgets earns more than who does not', () => {
    const forgetful = regret('discounted Thompson, 0.7', 'switching');
    expect(forgetful.upper).toBeLessThan(regret('Thompson, beta', 'switching').lower);
    expect(forgetful.upper).toBeLessThan(regret('ε-greedy, 10 %', 'switching').lower);
  });

  test.for(['LinUCB', 'linear Thompson'])('%s learns who wants what', (name) => {
    const way = CHOICES.find((one) => one.name === name);
    const [equal] = CHOICES;
    if (way === undefined || equal === undefined) throw new Error(`there is no ${name}`);
    expect(contextualRegret(way, 2).value).toBeLessThan(0.1 * contextualRegret(equal, 2).value);
  });
});

describe('inference on two equal arms', () => {
  const runs = 250;
  const found = falseFinds(0.1, runs);

  test('by epoch: at the nominal level', () => {
    const error = Math.sqrt((LEVEL * (1 - LEVEL)) / runs);
    expect(found.stratified.value).toBeLessThanOrEqual(LEVEL + 3 * error);
    expect(found.anytime.value).toBeLessThanOrEqual(LEVEL);
  });

  test('negative control: pooled, nearly every run finds a difference', () => {
    expect(found.pooled.lower).toBeGreaterThan(0.9);
  });
});
