import { mkdirSync } from 'node:fs';
import { assertNever } from '../../../core/lib/invariant.ts';
import type {
  ModelProbe,
  ProbeCase,
  ProbeInput,
  ProbeLoad,
  ProbeLoadFailure,
  ProbeReport,
  ProbeRequest,
} from '../../../ports/model-probe.ts';
import { Fault } from '../../../protocol/errors.ts';
import type { LoadMessage } from '../../../protocol/runner/load-message.ts';
import type { RefusedMessage } from '../../../protocol/runner/message.ts';
import { edgeInputs } from './edge-inputs.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { isMemory, Trial } from './trial.ts';
import type { Started } from './trial.ts';

/** Runners started for one probe, after cases that took one with them. */
const TRIALS_MAX = 5;

/** What the probe needs. */
export type OnnxProbeOptions = {
  /** A folder for empty folders that trial processes stand in. */
  readonly scratch: string;
};

/** Probes ONNX files, each in processes of its own. */
export function createOnnxProbe({ scratch }: OnnxProbeOptions): ModelProbe {
  mkdirSync(scratch, { recursive: true });
  return { probe: async (request, signal) => new Probe(request, { scratch, signal }).report() };
}

type Surroundings = { readonly scratch: string; readonly signal: AbortSignal };

class Probe {
  readonly #request: ProbeRequest;
  readonly #signal: AbortSignal;
  readonly #scratch: string;
  readonly #until: number;
  #trial: Trial | null = null;
  #trials = 0;
  #peak = 0;

  constructor(request: ProbeRequest, { scratch, signal }: Surroundings) {
    this.#request = request;
    this.#signal = signal;
    this.#scratch = scratch;
    this.#until = performance.now() + request.limits.totalMsMax;
  }

  async report(): Promise<ProbeReport> {
    try {
      const load = loadOf(await this.#start());
      const start = performance.now();
      const cases = load.type === 'ok' ? await this.#cases() : [];
      const probeMs = performance.now() - start;
      await this.#end();
      return { load, probeMs, peakBytes: this.#peak, cases };
    } finally {
      await this.#end();
    }
  }

  async #cases(): Promise<readonly ProbeCase[]> {
    const cases: ProbeCase[] = [];
    for (const input of this.#request.golden) cases.push(await this.#case('golden', input));
    const edges = edgeInputs(this.#request.signature);
    for (const input of edges) cases.push(await this.#case('edge', input));
    return cases;
  }

  async #case(kind: ProbeCase['kind'], { name, inputs }: ProbeInput): Promise<ProbeCase> {
    if (this.#trial?.isAlive !== true && this.#mayGoOn()) await this.#start();
    if (this.#trial?.isAlive !== true || !this.#mayGoOn()) {
      return { name, kind, result: { type: 'skipped' } };
    }
    const msMax = Math.min(this.#request.limits.caseMsMax, this.#msLeft());
    return { name, kind, result: await this.#trial.run(inputs, msMax) };
  }

  #mayGoOn(): boolean {
    return !this.#signal.aborted && this.#msLeft() > 0 && this.#trials <= TRIALS_MAX;
  }

  #msLeft(): number {
    return this.#until - performance.now();
  }

  async #start(): Promise<Started> {
    await this.#end();
    const { path, digest, signature, limits } = this.#request;
    const { frameBytesMax, batchRowsMax } = DEFAULT_LIMITS;
    const load: LoadMessage = {
      path,
      digest,
      signature,
      frameBytesMax,
      batchRowsMax,
      isUrgent: false,
    };
    const { memoryBytesMax } = limits;
    this.#trials += 1;
    this.#trial = new Trial(load, { memoryBytesMax, scratch: this.#scratch }, this.#signal);
    const started = await this.#trial.started(Math.min(limits.loadMsMax, this.#msLeft()));
    if (started.type !== 'ready') await this.#end();
    return started;
  }

  async #end(): Promise<void> {
    if (this.#trial === null) return;
    await this.#trial.stop();
    this.#peak = Math.max(this.#peak, this.#trial.peak);
    this.#trial = null;
  }
}

function loadOf(started: Started): ProbeLoad {
  const failed = (why: ProbeLoadFailure, message: string): ProbeLoad => ({
    type: 'failed',
    why,
    message,
  });
  switch (started.type) {
    case 'ready': {
      const { loadMs, warmMs, batchRowsMax } = started.ready;
      return { type: 'ok', loadMs: loadMs + warmMs, batches: batchRowsMax > 1 };
    }
    case 'refused':
      return failed(refusalWhy(started.refusal), started.refusal.message);
    case 'ended':
      if (started.how.startsWith('could not be started')) {
        throw new Fault('RUNNER_UNAVAILABLE', `a model runner ${started.how}`);
      }
      return failed(isMemory(started.how) ? 'memory' : 'crash', `the runner ${started.how}`);
    case 'timeout':
      return failed('timeout', 'it was not ready in time');
    case 'cancelled':
      return failed('cancelled', 'the probe was cancelled');
    default:
      return assertNever(started, 'loadOf');
  }
}

/** Throws what is wrong with the machine and not with the model. */
function refusalWhy({ why, message }: RefusedMessage): ProbeLoadFailure {
  switch (why) {
    case 'unreadable':
      throw new Fault('BLOB_NOT_FOUND', 'the model file cannot be read');
    case 'runtime':
      throw new Fault('RUNNER_UNAVAILABLE', message);
    case 'refused':
      return isMemory(message) ? 'memory' : 'refused';
    case 'digest':
    case 'signature':
      return why;
    default:
      return assertNever(why, 'refusalWhy');
  }
}
