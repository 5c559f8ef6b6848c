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
  readonly #kept = new Map<string, FuseReport>();

  constructor(clock: Clock, onTrip: (report: FuseReport) => void) {
    this.#clock = clock;
    this.#onTrip = onTrip;
  }

  /** Takes over what an earlier process had cut. */
  restore(reports: readonly FuseReport[]): void {
    for (const report of reports) this.#kept.set(report.rollout, report);
  }

  /** The fuse of a route's rollout; null without one. */
  circuit(route: Route): FuseCircuit | null {
    const { rollout, arms } = route;
    if (rollout === null) return null;
    const known = this.#circuits.get(rollout);
    if (known !== undefined) return known;
    const circuit = new FuseCircuit({
      rollout,
      candidates: arms.filter(({ role }) => role === 'candidate').map(({ name }) => name),
      report: this.#kept.get(rollout) ?? null,
      onTrip: this.#onTrip,
      clock: this.#clock,
    });
    this.#circuits.set(rollout, circuit);
    return circuit;
  }

  /** Every fuse that is out. */
  reports(): readonly FuseReport[] {
    return [...this.#circuits.values()].flatMap(({ report }) => report ?? []);
  }

  /** Forgets rollouts that no route is about any more. */
  keepOnly(rollouts: ReadonlySet<string>): void {
    for (const rollout of this.#circuits.keys()) {
      if (!rollouts.has(rollout)) this.#circuits.delete(rollout);
    }
    this.#kept.clear();
  }

  /** Lets every fuse look at the time. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const circuit of this.#circuits.values()) circuit.tick(nowMs);
  }
}
