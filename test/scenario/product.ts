import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '../../sdk/client.ts';
import { readVersion } from '../../examples/demo/rows.ts';
import { readInstance, type InstanceState } from '../../src/runtime/instance-lock.ts';
import { until } from './until.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The name of the model and of the endpoint in all scenarios. */
export const ENDPOINT = 'tumor-risk';

/** On a busy machine a killed runner may take a while to be back. */
const DEADLINE_MS = 10_000;

/** `understudy serve` as a real process on a data directory of its own. */
export class Product {
  readonly data = mkdtempSync(join(tmpdir(), 'understudy-scenario-'));
  readonly #environment: Readonly<Record<string, string>>;
  #server: ChildProcess | null = null;
  #instance: InstanceState | null = null;
  #client: Client | null = null;

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
  }

  get client(): Client {
    if (this.#client === null) throw new Error('the product has not been started');
    return this.#client;
  }

  get predict(): string {
    return this.#instance?.predict ?? '';
  }

  get predictUrl(): string {
    return `${this.predict}/v1/endpoints/${ENDPOINT}/predict`;
  }

  get server(): ChildProcess | null {
    return this.#server;
  }

  async start(): Promise<this> {
    const logged: string[] = [];
    this.#server = spawn(process.execPath, [program, 'serve', '--data', this.data], {
      env: {
        ...process.env,
        UNDERSTUDY_PREDICT_PORT: '0',
        UNDERSTUDY_ADMIN_PORT: '0',
        UNDERSTUDY_LOG_LEVEL: 'error',
        ...this.#environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server.stderr?.on('data', (chunk) => logged.push(String(chunk)));
    this.#instance = await until(
      async () => {
        if (this.#server?.exitCode !== null) throw new Error(`it ended: ${logged.join('')}`);
        const instance = await readInstance(join(this.data, 'supervisor.sock'));
        return instance !== null && (await isLive(instance)) ? instance : null;
      },
      { what: 'the product answers' },
    );
    const token = readFileSync(join(this.data, 'admin.token'), 'utf8').trim();
    this.#client = createClient({ server: this.#instance.admin, token, retries: 20 });
    return this;
  }

  /** Pushes the demonstration versions and makes the endpoint, which answers with version 1. */
  async givenEndpoint(
    versions: readonly ('v1' | 'v2' | 'v3')[],
    lineage: object | null = null,
  ): Promise<void> {
    for (const name of versions) {
      const { bytes, golden } = readVersion(name);
      const { digest } = await this.client.blob.put({ body: bytes });
      await this.client.version.push({
        params: { model: ENDPOINT },
        body: { digest, label: name, golden, lineage } as never,
      });
    }
    await this.client.endpoint.create({
      body: { name: ENDPOINT, version: `${ENDPOINT}@1`, deadlineMs: DEADLINE_MS },
    });
    await until(async () => (await fetch(`${this.predict}/v2/models/${ENDPOINT}/ready`)).ok, {
      what: 'the endpoint is ready',
    });
  }

  /** The process ids of control, of a gateway, and of the runners of a gateway. */
  async processes(): Promise<{ readonly [name: string]: number }> {
    const instance = await readInstance(join(this.data, 'supervisor.sock'));
    const named = (instance?.children ?? []).map(({ name, pid }) => [name, pid ?? 0] as const);
    return Object.fromEntries(named);
  }

  /** Ends it as an operator would, and removes its data. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server !== null && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
      server.kill('SIGTERM');
      await ended;
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

async function isLive({ predict, admin }: InstanceState): Promise<boolean> {
  try {
    const answers = await Promise.all([
      fetch(`${predict}/v2/health/live`),
      fetch(`${admin}/healthz`),
    ]);
    return answers.every(({ ok }) => ok);
  } catch {
    return false;
  }
}

/** Model runners started by a gateway process, youngest last. */
export function runnersOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const children = text === '' ? [] : text.split(' ').map(Number);
  return children.filter((child) => commandOf(child).includes('runner/main'));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
}
