import { hash } from 'node:crypto';
import type { FuseReport } from '../core/rollout/fleet.ts';
import type { RoutingTable } from '../core/routing/table.ts';
import type { Log, TableFiles } from './deps.ts';

/** What outlives the process: the last good table, and the fuses that are out. */
export type LastGood = {
  readonly table: RoutingTable;
  readonly fuses: readonly FuseReport[];
};

const FORMAT = 1;
const CURRENT = 'table.json';
const PREVIOUS = 'table.previous.json';

type Envelope = { readonly format: number; readonly sha256: string; readonly content: LastGood };

/**
 * Keeps the last good table and the one before it, each with a digest of its content: a file that
 * was cut or changed is noticed and passed over.
 */
export class LastGoodFile {
  readonly #files: TableFiles;
  readonly #log: Log;
  #queue: Promise<void> = Promise.resolve();
  #next: LastGood | null = null;
  #saved: string | null = null;

  constructor(files: TableFiles, log: Log) {
    this.#files = files;
    this.#log = log;
  }

  /** The newest content that is whole; null when there is none. */
  async load(): Promise<LastGood | null> {
    for (const name of [CURRENT, PREVIOUS]) {
      const content = await this.#read(name);
      if (content !== null) return content;
    }
    return null;
  }

  /** Writes in the background; of several contents at once only the newest. */
  save(content: LastGood): Promise<void> {
    this.#next = content;
    this.#queue = this.#queue.then(() => this.#write());
    return this.#queue;
  }

  async #read(name: string): Promise<LastGood | null> {
    try {
      const bytes = await this.#files.read(name);
      if (bytes === null) return null;
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      const envelope = JSON.parse(text) as Envelope;
      if (envelope.format !== FORMAT) throw new Error(`format ${envelope.format} is not known`);
      const content = JSON.stringify(envelope.content);
      if (hash('sha256', content, 'hex') !== envelope.sha256) throw new Error('the digest differs');
      if (name === CURRENT) this.#saved = text;
      return envelope.content;
    } catch (error) {
      this.#log.error({ err: error, name }, 'a stored routing table is not whole; passed over');
      return null;
    }
  }

  async #write(): Promise<void> {
    const content = this.#next;
    if (content === null) return;
    this.#next = null;
    const plain = JSON.stringify(content);
    const digest = hash('sha256', plain, 'hex');
    const text = `{"format":${FORMAT},"sha256":"${digest}","content":${plain}}`;
    if (text === this.#saved) return;
    try {
      const encoder = new TextEncoder();
      if (this.#saved !== null) await this.#files.write(PREVIOUS, encoder.encode(this.#saved));
      await this.#files.write(CURRENT, encoder.encode(text));
      this.#saved = text;
    } catch (error) {
      this.#log.error({ err: error }, 'the routing table could not be stored');
    }
  }
}
