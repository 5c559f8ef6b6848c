import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createClient } from '../../sdk/client.ts';
import type { Client } from '../../sdk/client.ts';
import { createPredictor } from '../../sdk/prediction.ts';
import type { Predictor } from '../../sdk/prediction.ts';
import type { Config, SettingPath } from '../protocol/config.ts';
import { settings } from '../protocol/config.ts';
import { Fault } from '../protocol/errors.ts';
import { Interruption } from './failure.ts';
import type { Output } from './output.ts';
import type { CliParts, ExplainedSetting, RunningInstance, SettingSources } from './parts.ts';

/** Options every command takes. */
export type GlobalOptions = {
  readonly server?: string;
  readonly gateway?: string;
  readonly tokenFile?: string;
  readonly data?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly yes?: boolean;
};

/** The admin API’s address, and whether it is that of this machine’s own data directory. */
export type ServerAddress = { readonly url: string; readonly isOwn: boolean };

/** One run of a command: what it was given, and what it works with. */
export class Session {
  readonly parts: CliParts;
  readonly out: Output;
  readonly options: GlobalOptions;
  readonly #stop = new AbortController();
  #ignoreInterrupts: (() => void) | null = null;
  #resolved: ReturnType<CliParts['resolveConfig']> | null = null;

  constructor(parts: CliParts, options: GlobalOptions, out: Output) {
    this.parts = parts;
    this.options = options;
    this.out = out;
  }

  /** Aborted at ^C, with an `Interruption`. */
  get interrupted(): AbortSignal {
    this.#ignoreInterrupts ??= this.#listen();
    return this.#stop.signal;
  }

  #listen(): () => void {
    if (this.parts.onInterrupt !== undefined) return this.parts.onInterrupt(() => this.stop());
    const stop = (): void => this.stop();
    // Only the first: a second ^C ends a process that cannot end itself.
    process.once('SIGINT', stop);
    return () => process.off('SIGINT', stop);
  }

  /** Ends what goes on, as ^C does. */
  stop(): void {
    this.#stop.abort(new Interruption('interrupted'));
  }

  /** Lets go of what would keep the process alive. */
  close(): void {
    this.#ignoreInterrupts?.();
  }

  /** Where settings come from, with the flags of a command before the others. */
  sources(flags: Readonly<Record<string, unknown>> = {}): SettingSources {
    const { data, config } = this.options;
    const given: Partial<Record<SettingPath, string>> = data === undefined ? {} : { data };
    for (const path of Object.keys(settings) as SettingPath[]) {
      const value = flags[path];
      if (typeof value === 'string') given[path] = value;
    }
    return { flags: given, environment: this.parts.environment, file: config ?? null };
  }

  /** All settings. Fault `CONFIG_INVALID`. */
  get config(): Config {
    return this.#settings().config;
  }

  get explained(): readonly ExplainedSetting[] {
    return this.#settings().explained;
  }

  #settings(): ReturnType<CliParts['resolveConfig']> {
    this.#resolved ??= this.parts.resolveConfig(this.sources());
    return this.#resolved;
  }

  /** A path inside the data directory. */
  inData(...names: readonly string[]): string {
    return join(resolve(this.config.data), ...names);
  }

  /** Where the admin API is: as named, else where the instance on the data directory says. */
  async server(): Promise<ServerAddress> {
    const named = this.options.server ?? this.parts.environment['UNDERSTUDY_SERVER'];
    if (named !== undefined && named !== '') {
      const url = withScheme(named, '--server');
      return { url, isOwn: isLoopback(url) };
    }
    const running = await this.instance();
    const { 'admin.host': host, 'admin.port': port } = this.config;
    return { url: running?.admin ?? `http://${reachable(host)}:${port}`, isOwn: true };
  }

  /** What runs on the data directory; its ports may differ from the settings. */
  instance(): Promise<RunningInstance | null> {
    return this.parts.readInstance(this.inData('supervisor.sock'));
  }

  /** The token to show: from a file, the environment, or this machine’s data directory. */
  #token({ url, isOwn }: ServerAddress): string {
    const { tokenFile } = this.options;
    if (tokenFile !== undefined) return readText(tokenFile).trim();
    const given = this.parts.environment['UNDERSTUDY_TOKEN'];
    if (given !== undefined && given !== '') return given;
    // The token of this machine is shown to this machine alone.
    if (!isOwn) throw new Fault('TOKEN_MISSING', `there is no token for ${url}`);
    const path = this.inData('admin.token');
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw new Fault('TOKEN_MISSING', `${path} cannot be read (${code})`);
      const root = this.inData();
      throw new Fault('CONTROL_UNREACHABLE', `nothing has been started on ${root} yet`);
    }
  }

  /** A client of the admin API. */
  async client(given: { readonly retries?: number } = {}): Promise<Client> {
    const signal = this.interrupted;
    const address = await this.server();
    return createClient({ ...given, server: address.url, token: this.#token(address), signal });
  }

  /** A client of the gateway. */
  async predictor(): Promise<Predictor> {
    const signal = this.interrupted;
    const { gateway } = this.options;
    if (gateway !== undefined) {
      return createPredictor({ gateway: withScheme(gateway, '--gateway'), signal });
    }
    const running = await this.instance();
    const { 'predict.host': host, 'predict.port': port } = this.config;
    const url = running?.predict ?? `http://${reachable(host)}:${port}`;
    return createPredictor({ gateway: url, signal });
  }
}

/** A listener on all addresses is reached on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** An address as written by a person: `host:port` will do. Fault `USAGE`. */
function withScheme(named: string, flag: string): string {
  const url = named.includes('://') ? named : `http://${named}`;
  if (!URL.canParse(url)) throw new Fault('USAGE', `${named} is not an address`, flag);
  return url;
}

const isLoopback = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

/** The content of a file. Fault `FILE_UNREADABLE`. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The fault for a file that cannot be read. */
export function unreadable(path: string, error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new Fault('FILE_UNREADABLE', `${path} cannot be read (${code})`);
}

/** More than any request the gateway takes. */
const STDIN_CHARACTERS_MAX = 256 * 1_048_576;

/** All of a stream of text. Fault `FILE_INVALID` when it does not end. */
export async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.length > STDIN_CHARACTERS_MAX) throw new Fault('FILE_INVALID', 'stdin is too long');
  }
  return text;
}
