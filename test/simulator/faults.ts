import type { Change } from '../../src/ports/store.ts';
import type { Models } from './behaviour.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import type { Weather } from './sim-feed.ts';
import type { Fate } from './sim-store.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** What can be done to a world. */
export type Victims = {
  readonly crashControl: (downMs: number) => void;
  readonly crashGateway: (index: number, downMs: number) => void;
  readonly crashRunner: (index: number, downMs: number) => void;
  readonly cutGateway: (index: number, forMs: number) => void;
  readonly jumpClocks: (byMs: number, index: number | null) => void;
  readonly isControlUp: () => boolean;
};

/** How bad each kind of fault is in one world; 0: it does not occur. Mean times between faults. */
export type Severity = {
  readonly controlCrashMs: number;
  readonly gatewayCrashMs: number;
  readonly runnerCrashMs: number;
  readonly cutMs: number;
  readonly jumpMs: number;
  readonly incidentMs: number;
  readonly outageMs: number;
  readonly commitFails: number;
  /** Chance of control to die while a decision is on its way into or out of the store. */
  readonly crashAtCommit: number;
  readonly crashAtWrite: number;
  readonly slowCommit: number;
  readonly flakyLoad: number;
  readonly receiver: number;
  readonly weather: Weather;
};

/** Draws which kinds of fault a world knows: each is left out of some worlds. */
export function drawSeverity(chance: Chance): Severity {
  const every = (meanMs: number): number =>
    chance.happens(0.7) ? meanMs * chance.between(0.5, 2) : 0;
  const rate = (most: number): number => (chance.happens(0.7) ? chance.between(0, most) : 0);
  return {
    controlCrashMs: every(25_000),
    gatewayCrashMs: every(25_000),
    runnerCrashMs: every(20_000),
    cutMs: every(25_000),
    jumpMs: every(40_000),
    incidentMs: every(50_000),
    outageMs: every(40_000),
    commitFails: rate(0.03),
    crashAtCommit: rate(0.06),
    crashAtWrite: rate(0.1),
    slowCommit: rate(0.02),
    flakyLoad: rate(0.1),
    receiver: rate(0.2),
    weather: { delayMs: chance.between(0.5, 30), loss: rate(0.06), twice: rate(0.1) },
  };
}

/** What the faults act on. */
export type FaultParts = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly trace: Trace;
  readonly models: Models;
  readonly modelNames: readonly [string, ...(readonly string[])];
  readonly gateways: number;
  readonly severity: Severity;
  readonly weather: Weather;
  readonly victims: Victims;
};

type Outage = 'none' | 'refused' | 'unknown';

/** Lets misfortune happen, until it is told to stop. */
export class Faults {
  readonly #parts: FaultParts;
  #outage: Outage = 'none';
  #areOver = false;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  begin(): void {
    const { chance, severity, victims, models } = this.#parts;
    const { gateways } = this.#parts;
    const any = (): number => chance.whole(0, gateways - 1);
    const down = (): number => chance.pick([chance.between(50, 500), chance.between(500, 9_000)]);
    models.flakiness = severity.flakyLoad;
    this.#every(severity.controlCrashMs, () => victims.crashControl(down()));
    this.#every(severity.gatewayCrashMs, () => victims.crashGateway(any(), down()));
    this.#every(severity.runnerCrashMs, () =>
      victims.crashRunner(any(), chance.between(100, 2_000)),
    );
    this.#every(severity.cutMs, () => victims.cutGateway(any(), chance.between(300, 14_000)));
    this.#every(severity.jumpMs, () => this.#jump());
    this.#every(severity.incidentMs, () => this.#incident());
    this.#every(severity.outageMs, () => this.#failStore());
  }

  /** No more faults; what is broken stays so until it is mended by whoever called. */
  stop(): void {
    const { models, weather } = this.#parts;
    this.#areOver = true;
    this.#outage = 'none';
    models.flakiness = 0;
    models.incidents.clear();
    weather.loss = 0;
    weather.twice = 0;
  }

  /** What becomes of a call to the store. */
  fateOf(call: 'read' | 'commit', change: Change | null): Fate {
    const { chance, severity, coverage, victims, timeline } = this.#parts;
    const isSlow = !this.#areOver && chance.happens(severity.slowCommit);
    const ms = isSlow ? chance.between(200, 4_000) : chance.waitMs(2);
    coverage.sometimes('the store took more than a second', ms > 1_000);
    if (this.#areOver) return { type: 'done', ms };
    if (this.#outage !== 'none') {
      coverage.sometimes('control came up while the store was away', !victims.isControlUp());
      return this.#failing(call, { type: this.#outage, ms });
    }
    if (change !== null && change.puts.length > 0 && chance.happens(severity.crashAtCommit)) {
      const isBefore = chance.happens(0.3);
      coverage.sometimes('control crashed before its commit reached the store', isBefore);
      timeline.in(isBefore ? ms / 4 : (ms * 3) / 4, () =>
        victims.crashControl(chance.between(50, 900)),
      );
      return { type: 'done', ms };
    }
    // Decisions are rare beside windows: they fail oftener, or nothing would be learnt of them.
    const isDecision = change !== null && change.puts.length > 0;
    const fails = severity.commitFails * (isDecision ? 8 : 1);
    if (!chance.happens(fails)) return { type: 'done', ms };
    return this.#failing(call, { type: chance.pick(['refused', 'unknown']), ms }, isDecision);
  }

  /** Called when a gateway writes its table. */
  onWrite(index: number): void {
    const { chance, severity, victims, timeline } = this.#parts;
    if (this.#areOver || !chance.happens(severity.crashAtWrite)) return;
    timeline.in(chance.between(0, 15), () => victims.crashGateway(index, chance.between(50, 900)));
  }

  #failing(call: 'read' | 'commit', fate: Fate, isDecision = false): Fate {
    const { coverage } = this.#parts;
    const isHidden = isDecision && fate.type === 'unknown';
    coverage.sometimes('a decision was made durable and control did not know', isHidden);
    const isCommit = call === 'commit';
    coverage.sometimes(
      'the store failed before it had committed',
      isCommit && fate.type === 'refused',
    );
    coverage.sometimes(
      'the store failed after it had committed',
      isCommit && fate.type === 'unknown',
    );
    return fate;
  }

  #every(meanMs: number, strike: () => void): void {
    const { timeline, chance } = this.#parts;
    if (meanMs === 0) return;
    timeline.in(chance.waitMs(meanMs), () => {
      if (this.#areOver) return;
      strike();
      this.#every(meanMs, strike);
    });
  }

  #jump(): void {
    const { chance, coverage, victims, gateways } = this.#parts;
    const size = chance.pick([chance.between(500, 5_000), chance.between(5_000, 120_000)]);
    const byMs = Math.round(chance.happens(0.5) ? size : -size);
    coverage.sometimes(byMs > 0 ? 'wall time jumped forward' : 'wall time jumped back');
    victims.jumpClocks(byMs, chance.happens(0.6) ? null : chance.whole(-1, gateways - 1));
  }

  #incident(): void {
    const { chance, models, modelNames, timeline, trace, coverage } = this.#parts;
    const model = chance.pick(modelNames);
    const rate = chance.pick([0.2, 0.6, 1]);
    trace.say(`an incident: every version of ${model} fails ${rate * 100} % of requests`);
    coverage.sometimes('an incident hit both arms');
    models.incidents.set(model, rate);
    timeline.in(chance.between(1_000, 12_000), () => models.incidents.delete(model));
  }

  #failStore(): void {
    const { chance, timeline, trace } = this.#parts;
    this.#outage = chance.pick(['refused', 'unknown']);
    trace.say(`the store is away (${this.#outage})`);
    timeline.in(chance.between(300, 8_000), () => {
      this.#outage = 'none';
    });
  }
}
