import { describe, expect, test } from 'vitest';
import type { Outcome } from '../core/telemetry/observation.ts';
import { MirrorCircuit } from './mirror-circuit.ts';

const roomy = { perSecondMax: 10_000, inFlightMax: 1_000 };

/** Lets copies end one after the other, 1 ms apart; gives the time after the last. */
function end(circuit: MirrorCircuit, outcomes: readonly Outcome[], fromMs = 0): number {
  let nowMs = fromMs;
  for (const outcome of outcomes) {
    nowMs += 1;
    expect(circuit.admit(nowMs)).toBeNull();
    circuit.ended(nowMs, outcome);
  }
  return nowMs;
}
const many = (count: number, outcome: Outcome): readonly Outcome[] =>
  Array.from({ length: count }, () => outcome);

describe('the budget', () => {
  test('so many copies a second, evenly, whatever comes', () => {
    const circuit = new MirrorCircuit({ perSecondMax: 50, inFlightMax: 1_000 }, 0);
    const admitted = Array.from({ length: 10_000 }, (_, ms) => circuit.admit(ms)).filter(
      (dropped) => dropped === null,
    );
    expect(admitted.length).toBeGreaterThanOrEqual(495);
    expect(admitted.length).toBeLessThanOrEqual(505);
  });

  test('a long silence saves up a tenth of a second and no more', () => {
    const circuit = new MirrorCircuit({ perSecondMax: 200, inFlightMax: 1_000 }, 0);
    const burst = Array.from({ length: 100 }, () => circuit.admit(3_600_000));
    expect(burst.filter((dropped) => dropped === null)).toHaveLength(20);
    expect(burst.at(-1)).toBe('rate');
  });

  test('no more under way than may be', () => {
    const circuit = new MirrorCircuit({ perSecondMax: 10_000, inFlightMax: 2 }, 0);
    expect([1, 2, 3].map((ms) => circuit.admit(ms))).toEqual([null, null, 'in_flight']);
    circuit.ended(4, 'ok');
    expect(circuit.admit(5)).toBeNull();
  });

  test('a new table may have a smaller budget', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    expect(circuit.admit(1)).toBeNull();
    circuit.use({ ...roomy, inFlightMax: 1 });
    expect(circuit.admit(2)).toBe('in_flight');
  });
});

describe('the breaker', () => {
  test.each(['timeout', 'crash', 'overload'] as const)('opens after ten of %s', (outcome) => {
    const circuit = new MirrorCircuit(roomy, 0);
    const nowMs = end(circuit, many(9, outcome));
    expect(circuit.isOpen).toBe(false);
    end(circuit, [outcome], nowMs);
    expect(circuit.isOpen).toBe(true);
    expect(circuit.admit(nowMs + 2)).toBe('breaker');
  });

  test.each(['null_prediction', 'model_error'] as const)(
    'opens after a hundred of %s: they come quickly, and are evidence',
    (outcome) => {
      const circuit = new MirrorCircuit(roomy, 0);
      const nowMs = end(circuit, many(99, outcome));
      expect(circuit.isOpen).toBe(false);
      end(circuit, [outcome], nowMs);
      expect(circuit.isOpen).toBe(true);
    },
  );

  test('stays closed however many are answered, or had no answer for the user either', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    end(circuit, many(500, 'ok'));
    for (let nowMs = 501; nowMs <= 1_000; nowMs += 1) {
      expect(circuit.admit(nowMs)).toBeNull();
      circuit.ended(nowMs, 'model_error', 'model_error');
    }
    expect(circuit.isOpen).toBe(false);
  });

  test('an answer in between begins the count anew', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    end(circuit, [...many(9, 'timeout'), 'ok', ...many(9, 'timeout')]);
    expect(circuit.isOpen).toBe(false);
  });

  test('tries one copy after a pause, and pauses longer each time it fails, up to 30 s', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    let nowMs = end(circuit, many(10, 'crash'));
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      expect(circuit.admit(nowMs + pauseMs - 1)).toBe('breaker');
      nowMs += pauseMs;
      expect(circuit.admit(nowMs)).toBeNull();
      expect(circuit.admit(nowMs)).toBe('breaker');
      circuit.ended(nowMs, 'crash');
    }
  });

  test('closes when the tried copy is answered, and forgets what was', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    const openedMs = end(circuit, many(10, 'timeout'));
    expect(circuit.admit(openedMs + 1_000)).toBeNull();
    circuit.ended(openedMs + 1_001, 'ok');
    expect(circuit.isOpen).toBe(false);
    end(circuit, many(9, 'timeout'), openedMs + 1_001);
    expect(circuit.isOpen).toBe(false);
  });

  test('what was under way when it opened does not close it', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    expect(circuit.admit(0)).toBeNull();
    const nowMs = end(circuit, many(10, 'timeout'));
    circuit.ended(nowMs, 'ok');
    expect(circuit.isOpen).toBe(true);
  });

  test('a tried copy that was cancelled is tried again', () => {
    const circuit = new MirrorCircuit(roomy, 0);
    const nowMs = end(circuit, many(10, 'timeout')) + 1_000;
    expect(circuit.admit(nowMs)).toBeNull();
    circuit.ended(nowMs, 'cancelled');
    expect(circuit.admit(nowMs)).toBeNull();
  });
});
