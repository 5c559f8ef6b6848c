import type { FuseReport } from '../core/rollout/fleet.ts';
import type { Route } from '../core/routing/table.ts';
import type { Clock } from '../ports/clock.ts';
import { FuseCircuit } from './fuse.ts';

/** The fuses of all rollouts, over all tables: one that is out stays out as long as its rollout. */
export class FuseBoard {
  readonly #clock: Clock;
  readonly #onTrip: (report: FuseReport) => void;
  readonly #circuits = new Map<string, FuseCircuit>();
  /** Trips from before this process started, until their routes are there. */
  #kept: readonly FuseReport[] = [];

  constructor(clock: Clock, onTrip: (report: FuseReport) => void) {
    this.#clock = clock;
    this.#onTrip = onTrip;
  }

  /** Takes over what an earlier process had cut. */
  restore(reports: readonly FuseReport[]): void {
    this.#kept = reports;
  }

  /** The fuse of a route's rollout; null without one. */
  circuit(route: Route): FuseCircuit | null {
    const { rollout, arms } = route;
    if (rollout === null) return null;
    const candidates = arms
      .filter(({ role }) => role === 'candidate')
      .map(({ name, version }) => ({ arm: name, version }));
    const known = this.#circuits.get(rollout);
    if (known !== undefined) {
      known.follow(candidates);
      return known;
    }
    const circuit = new FuseCircuit({
      rollout,
      candidates,
      reports: this.#kept.filter((report) => report.rollout === rollout),
      onTrip: this.#onTrip,
      clock: this.#clock,
    });
    this.#circuits.set(rollout, circuit);
    return circuit;
  }

  /** Every fuse that is out. */
  reports(): readonly FuseReport[] {
    return [...this.#circuits.values()].flatMap(({ reports }) => reports);
  }

  /** Forgets rollouts that no route is about any more. */
  keepOnly(rollouts: ReadonlySet<string>): void {
    for (const rollout of this.#circuits.keys()) {
      if (!rollouts.has(rollout)) this.#circuits.delete(rollout);
    }
    this.#kept = [];
  }

  /** Lets every fuse look at the time. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const circuit of this.#circuits.values()) circuit.tick(nowMs);
  }
}
