import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { declared, openDesk, type Desk } from '../../../test/simulator/admin-desk.ts';
import { tableOf } from '../state.ts';

const params = { endpoint: 'risk' };
const attributes = [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }];
const unitKey = { header: 'x-user', pointer: null };

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

const change = (body: unknown) => desk.ask('operator', 'endpoint.change', { params, body });
const start = () => desk.ask('operator', 'rollout.start', { body: declared('risk', 'tumour@2') });

describe('settings of an endpoint', () => {
  test('are changed by name, audited, and on their way to the gateways', async () => {
    const before = (await desk.ask('viewer', 'endpoint.read', { params })).json();
    const after = (await change({ attributes, reason: 'for the pilot' })).json();
    expect(after).toMatchObject({
      settings: { ...(before['settings'] as object), attributes },
      revision: Number(before['revision']) + 1,
    });
    expect(await desk.audit()).toContainEqual(
      expect.objectContaining({
        action: 'endpoint.change',
        subject: 'endpoint/risk',
        reason: 'for the pilot',
      }),
    );
    const table = tableOf(desk.context.journal.state());
    expect(JSON.stringify(table)).toContain('"x-group"');
  });

  test('that are so already change nothing', async () => {
    const first = (await change({ attributes })).json();
    const entries = (await desk.audit()).length;
    expect((await change({ attributes })).json()).toEqual(first);
    expect(await desk.audit()).toHaveLength(entries);
  });

  test('what healthy is: a part changes, the rest stays', async () => {
    const healthIn = async (body: unknown) => (await change(body)).json()['settings'];
    const health = { meanMsMax: 50, successRateMin: 0.95 };
    expect(await healthIn({ health: { meanMsMax: 50 } })).toMatchObject({ health });
    expect(await healthIn({ health: { successRateMin: 0.99 } })).toMatchObject({
      health: { ...health, successRateMin: 0.99 },
    });
    const rows = (await desk.ask('viewer', 'health.read', { query: { endpoint: 'risk' } })).text;
    expect(rows).toContain('"thresholds":{"meanMsMax":50,"successRateMin":0.99}');
  });

  test.for([
    { health: { meanMsMax: 0 }, at: 'health.meanMsMax' },
    { health: { successRateMin: 1.5 }, at: 'health.successRateMin' },
    { health: { successRate: 0.9 }, at: 'health.successRate' },
  ])('$health is refused', async ({ health, at }) => {
    const said = await change({ health });
    expect([said.status, said.json()['path']]).toEqual([422, at]);
  });

  test('cannot be none', async () => {
    const said = await change({ reason: 'only so' });
    expect([said.status, said.text]).toEqual([422, expect.stringContaining('unitKey, deadlineMs')]);
  });

  const log = { sample: 1_000, redact: [{ pointer: '/features/0', as: 'constant' }] };

  test('say what is kept of predictions; the route carries it', async () => {
    expect((await change({ log })).status).toBe(200);
    const said = (await change({ log: { fields: ['outputs'] } })).json();
    expect(said['settings']).toMatchObject({ log: { ...log, fields: ['outputs'] } });
    const route = () => {
      const { routes } = tableOf(desk.context.journal.state());
      return routes.find(({ endpoint }) => endpoint === 'risk');
    };
    expect(route()?.log).toEqual({ ...log, fields: ['outputs'] });
    await change({ log: { sample: 0 } });
    expect(route()).not.toHaveProperty('log');
  });

  test.for([
    { what: 'an input it has not', redact: '/features/agee', code: 'LOG_RULE_UNKNOWN' },
    { what: 'an output it has not', redact: '/outputs/odds', code: 'LOG_RULE_UNKNOWN' },
    { what: 'a place it has not', redact: '/features/4000', code: 'LOG_RULE_UNKNOWN' },
    { what: 'something else', redact: '/user/id', code: 'INPUT_INVALID' },
  ])('a rule about $what is refused, and nothing changes', async ({ redact, code }) => {
    const before = (await desk.ask('viewer', 'endpoint.read', { params })).json();
    const rules = [{ pointer: redact, as: 'digest' }];
    const said = await change({ log: { sample: 100, redact: rules } });
    expect([said.status, said.json()]).toMatchObject([
      422,
      { code, path: expect.stringContaining('log.redact[0].pointer') },
    ]);
    expect((await desk.ask('viewer', 'endpoint.read', { params })).json()).toEqual(before);
  });

  test.for([
    { what: 'a share above the whole', log: { sample: 10_001 } },
    { what: 'half a point', log: { sample: 0.5 } },
    { what: 'another field', log: { fields: ['headers'] } },
    { what: 'a field twice', log: { fields: ['inputs', 'inputs'] } },
    { what: 'another way to redact', log: { redact: [{ pointer: '/unit', as: 'md5' }] } },
    { what: 'a misspelt key', log: { sampel: 1 } },
  ])('the log refuses $what', async ({ log: asked }) => {
    expect((await change({ log: asked })).json()).toMatchObject({ code: 'INPUT_INVALID' });
  });

  const segments = [{ by: 'group', values: ['dev', 'qa'] }];

  test('say how requests are told apart; the route carries it; null takes it away', async () => {
    const said = (await change({ attributes, segments })).json();
    expect(said['settings']).toMatchObject({ segments });
    const route = () => {
      const { routes } = tableOf(desk.context.journal.state());
      return routes.find(({ endpoint }) => endpoint === 'risk');
    };
    expect(route()?.segments).toEqual(segments);
    expect((await change({ deadlineMs: 900 })).json()['settings']).toMatchObject({ segments });
    expect((await change({ segments: null })).json()['settings']).not.toHaveProperty('segments');
    expect(route()).not.toHaveProperty('segments');
  });

  test.for([
    {
      what: 'an attribute nobody declared',
      body: { segments: [{ by: 'groop', values: ['dev'] }] },
      says: ['SEGMENTS_INVALID', 'segments[0].by'],
    },
    {
      what: 'a value of another type',
      body: { segments: [{ by: 'group', values: ['dev', 7] }] },
      says: ['SEGMENTS_INVALID', 'segments[0].values[1]'],
    },
    {
      what: 'attributes taken from under them',
      body: { attributes: [], segments },
      says: ['SEGMENTS_INVALID', 'segments[0].by'],
    },
    {
      what: 'a misspelt key',
      body: { segments: [{ by: 'group', values: ['dev'], value: 'qa' }] },
      says: ['INPUT_INVALID', 'segments[0].value'],
    },
  ])('segments by $what are refused, and nothing changes', async ({ body, says }) => {
    const before = (await change({ attributes })).json();
    const said = await change(body);
    expect([said.status, said.json()['code'], said.json()['path']]).toEqual([422, ...says]);
    expect((await desk.ask('viewer', 'endpoint.read', { params })).json()).toEqual(before);
  });

  test.for([
    { what: 'the unit', body: { unitKey }, status: 409, path: 'unitKey' },
    { what: 'attributes', body: { attributes }, status: 409, path: 'attributes' },
    { what: 'segments', body: { segments, attributes }, status: 409, path: 'attributes' },
    { what: 'no attributes again', body: { attributes: [] }, status: 200, path: undefined },
    { what: 'the deadline', body: { deadlineMs: 900 }, status: 200, path: undefined },
    { what: 'what healthy is', body: { health: { meanMsMax: 9 } }, status: 200, path: undefined },
  ])('under a rollout: $what, $status', async ({ body, status, path }) => {
    expect((await start()).status).toBe(201);
    const said = await change(body);
    expect([said.status, said.json()['path']]).toEqual([status, path]);
  });
});
