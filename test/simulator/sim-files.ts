import type { TableFiles } from '../../src/gateway/deps.ts';
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';

/** A directory that outlives the processes which write to it. */
export class SimDisk {
  readonly files = new Map<string, Uint8Array>();
}

/**
 * The directory as one process sees it: writing takes time, and a crash meets the old or the new.
 */
export class SimFiles implements TableFiles {
  readonly #disk: SimDisk;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #onWrite: () => void;
  #isDead = false;
  #isWriting = false;

  constructor(
    disk: SimDisk,
    { timeline, chance }: { timeline: Timeline; chance: Chance },
    onWrite: () => void,
  ) {
    this.#disk = disk;
    this.#timeline = timeline;
    this.#chance = chance;
    this.#onWrite = onWrite;
  }

  /** Whether a crash now would meet a write. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  async read(name: string): Promise<Uint8Array | null> {
    return this.#disk.files.get(name) ?? null;
  }

  write(name: string, content: Uint8Array): Promise<void> {
    if (this.#isDead) return new Promise(() => undefined);
    this.#isWriting = true;
    this.#onWrite();
    const isEarly = this.#chance.happens(0.5);
    if (isEarly) this.#disk.files.set(name, content);
    return new Promise((resolve) => {
      this.#timeline.in(this.#chance.between(0, 20), () => {
        if (this.#isDead) return;
        this.#disk.files.set(name, content);
        this.#isWriting = false;
        resolve();
      });
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}
