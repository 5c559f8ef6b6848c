import { expect, test } from 'vitest';
import {
  endpointSample,
  refSample,
  rolloutSample,
  usualSpec,
  versionSample,
} from '../../test/samples.ts';
import type { AuditEntry } from '../core/governance/audit.ts';
import { instant } from '../core/lib/units.ts';
import { emptyTable, project } from '../core/routing/project.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { startRollout } from '../core/rollout/start.ts';
import { emptyChange } from '../ports/store.ts';
import type { RecordPut } from '../ports/store.ts';
import {
  CATALOG_VERSIONS_MAX,
  applyChange,
  catalogOf,
  endpointsOf,
  rolloutsOf,
  versionKey,
} from './state.ts';
import type { State } from './state.ts';

const VERSIONS = CATALOG_VERSIONS_MAX + 20;
const OLD = 3;

const nothing: State = {
  records: {
    model: new Map(),
    version: new Map(),
    alias: new Map(),
    endpoint: new Map(),
    rollout: new Map(),
    token: new Map(),
    table: new Map(),
    metric: new Map(),
  },
  auditHead: null as AuditEntry | null,
};

/** A model with more versions than the catalogue holds; the endpoint serves the newest. */
function stateWith(rollouts: readonly Rollout[]): State {
  const model = { name: 'tumour', createdAt: instant(0) };
  const endpoint = endpointSample('risk', { version: refSample(VERSIONS) });
  const puts: RecordPut[] = [
    { kind: 'model', key: 'tumour', expect: null, value: model },
    { kind: 'endpoint', key: 'risk', expect: null, value: endpoint },
  ];
  for (let n = 1; n <= VERSIONS; n += 1) {
    const value = versionSample(n);
    puts.push({ kind: 'version', key: versionKey(value), expect: null, value });
  }
  for (const value of rollouts) puts.push({ kind: 'rollout', key: value.id, expect: null, value });
  return applyChange(nothing, { ...emptyChange, puts });
}

const numbersIn = (models: ReturnType<typeof catalogOf>): readonly number[] =>
  models.flatMap(({ versions }) => versions.map(({ version }) => version));

test('the catalogue has the newest versions', () => {
  const numbers = numbersIn(catalogOf(stateWith([])));
  expect(numbers).toHaveLength(CATALOG_VERSIONS_MAX);
  expect(numbers).not.toContain(OLD);
});

test('every candidate of a rollout is in the catalogue, however old, also while it waits', () => {
  const others = [{ arm: 'candidate-2', version: refSample(OLD) }];
  for (const phase of ['queued', 'advancing'] as const) {
    const numbers = numbersIn(catalogOf(stateWith([rolloutSample('risk', phase, { others })])));
    expect(numbers).toContain(OLD);
  }
});

test('an older version can be rolled out, and is in the table while it is', () => {
  const state = stateWith([]);
  const request = {
    id: 'r-1',
    endpoint: 'risk',
    candidate: { model: 'tumour', version: OLD },
    spec: usualSpec,
    salt: '0'.repeat(32),
    createdBy: 'ada',
    now: instant(1),
  };
  const models = catalogOf(state, [refSample(OLD)]);
  const started = startRollout(request, { endpoints: endpointsOf(state), rollouts: [], models });
  expect(started).toMatchObject({ ok: true });
  const during = stateWith(started.ok ? [started.value] : []);
  const table = project({
    endpoints: endpointsOf(during),
    rollouts: rolloutsOf(during),
    models: catalogOf(during),
    previous: emptyTable,
  });
  expect(numbersIn(table.models)).toContain(OLD);
  const ended = { ...rolloutSample('risk', 'reverted'), candidate: refSample(OLD) };
  expect(numbersIn(catalogOf(stateWith([ended])))).not.toContain(OLD);
});
