import { assertNever } from '../core/lib/invariant.ts';
import { Fault } from '../protocol/errors.ts';
import { EMPTY_BATCH } from '../ports/model-probe.ts';
import { compareGolden, notFinite } from '../protocol/inference/golden-rows.ts';
import type { AdmissionReport } from '../core/catalog/version.ts';
import type {
  ProbeCase,
  ProbeLoad,
  ProbeLoadFailure,
  ProbeReport,
  ProbeResult,
} from '../ports/model-probe.ts';
import type { FaultCode } from '../protocol/errors.ts';
import type { Golden } from '../protocol/admin/golden.ts';

/** One line of an admission report. */
export type AdmissionCheck = AdmissionReport['checks'][number];

/** Characters of a message of the runtime that are passed on. */
const MESSAGE_CHARS_MAX = 500;

/** What each failure to load is called. `cancelled` is the caller's own doing. */
const loadCodes: Readonly<Record<ProbeLoadFailure, FaultCode>> = {
  digest: 'BLOB_CORRUPT',
  signature: 'PROBE_SIGNATURE',
  refused: 'PROBE_REFUSED',
  timeout: 'PROBE_TIMEOUT',
  memory: 'PROBE_MEMORY',
  crash: 'PROBE_CRASHED',
  cancelled: 'PROBE_REFUSED',
};

/**
 * What a probe's report means for admission: refuses, or answers with the lines for the record.
 * Golden rows must be answered, and as expected. Edge inputs may be answered with an error, and
 * with NaN, which is put on record: whether users would see it, the canary tells. But no input may
 * take the process down, save one without rows: `TopK` of the runtime does not survive it, many
 * models (nearest neighbours, recommenders) use that, and nobody has to send it.
 * Faults: `PROBE_…`, `GOLDEN_MISMATCH`, `BLOB_CORRUPT`.
 */
export function judge(report: ProbeReport, golden: Golden | null): readonly AdmissionCheck[] {
  const load = requireLoaded(report.load);
  for (const one of report.cases) if (!isSpared(one)) refuseHarm(one);
  const edges = report.cases.filter(({ kind }) => kind === 'edge');
  const [goldenCase] = report.cases.filter(({ kind }) => kind === 'golden');
  return [
    { name: 'load', detail: `loaded in ${Math.round(load.loadMs)} ms in a process of its own` },
    { name: 'golden', detail: golden === null ? 'none given' : judgeGolden(goldenCase, golden) },
    { name: 'edge inputs', detail: edgesText(edges) },
    ...warnings(edges),
  ];
}

function requireLoaded(load: ProbeLoad): Extract<ProbeLoad, { type: 'ok' }> {
  if (load.type === 'ok') return load;
  throw new Fault(loadCodes[load.why], `Loading failed (${load.why}): ${shown(load.message)}`);
}

const isSpared = ({ kind, name }: ProbeCase): boolean => kind === 'edge' && name === EMPTY_BATCH;

function refuseHarm({ name, kind, result }: ProbeCase): void {
  switch (result.type) {
    case 'ok':
    case 'skipped':
      return;
    case 'model_error':
      if (kind === 'edge') return;
      throw new Fault('GOLDEN_MISMATCH', `The model refuses ${name}: ${shown(result.message)}`);
    case 'timeout':
      throw new Fault('PROBE_TIMEOUT', `The model does not answer ${name} in time.`);
    case 'memory':
      throw new Fault('PROBE_MEMORY', `The model runs out of memory on ${name}.`);
    case 'crash':
      throw new Fault('PROBE_CRASHED', `The model crashes on ${name}: ${shown(result.message)}`);
    default:
      return assertNever(result, 'result of a probe case');
  }
}

function judgeGolden(one: ProbeCase | undefined, golden: Golden): string {
  if (one?.result.type !== 'ok') {
    throw new Fault('PROBE_TIMEOUT', 'There was no time left for the golden rows.');
  }
  const { difference, values } = compareGolden(golden, one.result.outputs);
  if (difference !== null) throw new Fault('GOLDEN_MISMATCH', difference, 'golden.outputs');
  if (values === 0) return 'answered; no outputs to compare';
  const special = notFinite(one.result.outputs);
  const expected = special === 0 ? '' : `; ${special} are NaN or infinite, as expected`;
  return `${values} values within ${golden.tolerance}${expected}`;
}

function edgesText(edges: readonly ProbeCase[]): string {
  const refused = edges.filter(({ result }) => result.type === 'model_error').length;
  const answered = edges.filter(({ result }) => result.type === 'ok').length;
  return `${answered} of ${edges.length} answered, ${refused} answered with an error`;
}

function warnings(edges: readonly ProbeCase[]): readonly AdmissionCheck[] {
  const special = edges.flatMap(({ name, result }) =>
    result.type === 'ok' && notFinite(result.outputs) > 0 ? [name] : [],
  );
  const skipped = edges.flatMap(({ name, result }) => (result.type === 'skipped' ? [name] : []));
  const deadly = edges.flatMap((one) =>
    isSpared(one) && deadlyResults.has(one.result.type) ? [one.name] : [],
  );
  return [
    ...warning(deadly, 'its process does not survive'),
    ...warning(special, 'answers with NaN or Infinity on'),
    ...warning(skipped, 'not tried for want of time:'),
  ];
}

const deadlyResults: ReadonlySet<ProbeResult['type']> = new Set(['crash', 'timeout', 'memory']);

const warning = (names: readonly string[], what: string): readonly AdmissionCheck[] =>
  names.length === 0 ? [] : [{ name: 'warning', detail: `${what} ${names.join(', ')}` }];

const shown = (message: string): string => message.slice(0, MESSAGE_CHARS_MAX);
