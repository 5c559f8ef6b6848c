import type { AuditDraft } from '../../core/governance/audit.ts';
import { sameJson } from '../../core/lib/canonical.ts';
import type { Instant } from '../../core/lib/units.ts';
import type { Signature } from '../../core/catalog/signature.ts';
import type { Rollout } from '../../core/rollout/rollout.ts';
import type { Endpoint, EndpointSettings } from '../../core/routing/endpoint.ts';
import { defaultLogSettings } from '../../core/routing/logging.ts';
import type { LogSettings } from '../../core/routing/logging.ts';
import { compileRedaction } from '../../core/routing/redaction.ts';
import { defaultHealthThresholds } from '../../core/telemetry/health.ts';
import type { EndpointChange } from '../../protocol/admin/endpoint.ts';
import { Fault } from '../../protocol/errors.ts';
import { requireSegments } from '../../protocol/segments.ts';

/** Settings that decide who is assigned to which arm, and how he is counted. */
const ASSIGNING = [
  'unitKey',
  'attributes',
  'segments',
] as const satisfies (keyof EndpointSettings)[];

/**
 * The endpoint with the settings that were asked for; the same object when it has them already.
 * Faults: `ENDPOINT_BUSY`: who gets what must not change under a rollout; `SEGMENTS_INVALID`.
 */
export function changedEndpoint(
  endpoint: Endpoint,
  { unitKey, deadlineMs, attributes, segments, health, log }: EndpointChange,
  { rollout, now }: { readonly rollout: Rollout | null; readonly now: Instant },
): Endpoint {
  const before = endpoint.settings;
  const settings: EndpointSettings = {
    unitKey: unitKey ?? before.unitKey,
    deadlineMs: deadlineMs ?? before.deadlineMs,
    attributes: attributes ?? before.attributes,
    ...segmentsSetting(segments, before),
    ...healthSetting(health, before),
    ...logSetting(log, before),
  };
  if (sameJson(settings, before)) return endpoint;
  const held = ASSIGNING.find((name) => !sameJson(settings[name], before[name]));
  if (rollout !== null && held !== undefined) {
    const what = `rollout ${rollout.id} of ${endpoint.name} is ${rollout.phase}`;
    throw new Fault('ENDPOINT_BUSY', what, held);
  }
  requireSegments(settings.segments, settings.attributes);
  return { ...endpoint, settings, revision: endpoint.revision + 1, changedAt: now };
}

/** Segments as they were said; null takes them away. */
function segmentsSetting(
  said: EndpointChange['segments'],
  { segments: before }: Pick<EndpointSettings, 'segments'>,
): Pick<EndpointSettings, 'segments'> {
  const segments = said === undefined ? before : said;
  return segments === undefined || segments === null ? {} : { segments };
}

/** The thresholds of an endpoint, once any was said. */
export function healthSetting(
  said: EndpointChange['health'],
  { health: before }: Pick<EndpointSettings, 'health'>,
): Pick<EndpointSettings, 'health'> {
  if (said === undefined) return before === undefined ? {} : { health: before };
  const { meanMsMax, successRateMin } = before ?? defaultHealthThresholds;
  return {
    health: {
      meanMsMax: said.meanMsMax ?? meanMsMax,
      successRateMin: said.successRateMin ?? successRateMin,
    },
  };
}

/** What is kept of the predictions of an endpoint, once anything was said. */
export function logSetting(
  said: EndpointChange['log'],
  { log: before }: Pick<EndpointSettings, 'log'>,
): Pick<EndpointSettings, 'log'> {
  if (said === undefined) return before === undefined ? {} : { log: before };
  const { sample, fields, redact } = before ?? defaultLogSettings;
  return {
    log: {
      sample: said.sample ?? sample,
      fields: said.fields ?? fields,
      redact: said.redact ?? redact,
    },
  };
}

/**
 * Every rule must name something the version has: a slip would be noticed when it is too late.
 * Fault `LOG_RULE_UNKNOWN`.
 */
export function requireKnownRules(
  { redact }: Pick<LogSettings, 'redact'>,
  { inputs, outputs }: Signature,
): void {
  const [unknown] = [
    ...compileRedaction(redact, 'features', inputs).unknown,
    ...compileRedaction(redact, 'outputs', outputs).unknown,
  ];
  if (unknown === undefined) return;
  const names = [...inputs, ...outputs].map(({ name }) => name).join(', ');
  const at = redact.findIndex(({ pointer }) => pointer === unknown);
  const what = `${unknown} names nothing; the version has ${names}`;
  throw new Fault('LOG_RULE_UNKNOWN', what, `log.redact[${at}].pointer`);
}

/** The audit entry of a change. */
export function changeEntry({
  endpoint,
  changed,
  actor,
  reason,
}: {
  readonly endpoint: Endpoint;
  readonly changed: Endpoint;
  readonly actor: string;
  readonly reason: string;
}): AuditDraft {
  return {
    at: changed.changedAt,
    actor,
    action: 'endpoint.change',
    subject: `endpoint/${endpoint.name}`,
    reason,
    detail: { from: endpoint.settings, to: changed.settings },
  };
}
