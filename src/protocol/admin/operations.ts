import { z } from 'zod';
import { aliasBodySchema, aliasMoveSchema, aliasNameSchema } from './alias.ts';
import { digestSchema } from './digest.ts';
import {
  endpointBodySchema,
  endpointChangeSchema,
  endpointCreateSchema,
  endpointRollbackSchema,
  rollbackAnswerSchema,
  trafficBodySchema,
  trafficQuerySchema,
} from './endpoint.ts';
import { driftQuerySchema, driftRowSchema } from './drift.ts';
import { explanationSchema } from './explanation.ts';
import { healthQuerySchema, healthRowSchema } from './health.ts';
import {
  feedbackBodySchema,
  feedbackQuerySchema,
  metricBodySchema,
  metricDeclareSchema,
} from './feedback.ts';
import { modelBodySchema, modelNameSchema } from './model.ts';
import type { Operation } from './operation.ts';
import { receiptSchema } from './receipt.ts';
import { rolloutBodySchema, rolloutCommandSchema, rolloutQuerySchema } from './rollout.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import { nameSchema } from './scalars.ts';
import {
  auditBodySchema,
  auditQuerySchema,
  auditVerificationSchema,
  statusBodySchema,
  tokenBodySchema,
  tokenCreateSchema,
  tokenCreatedSchema,
} from './system.ts';
import { pushSchema, pushedSchema, uploadedSchema, versionBodySchema } from './version.ts';

const modelParams = z.strictObject({ model: modelNameSchema });
const versionParams = modelParams.extend({
  version: z.string().min(1).describe('A number, a label, an alias or `latest`.'),
});
const digestParams = z.strictObject({ digest: digestSchema });
const aliasParams = modelParams.extend({ alias: aliasNameSchema });
const endpointParams = z.strictObject({ endpoint: nameSchema });
const metricParams = endpointParams.extend({ metric: nameSchema });
const rolloutParams = z.strictObject({ rollout: z.string().min(1).max(100) });
const tokenParams = z.strictObject({ token: z.string().min(1).max(64) });

const reads = { method: 'GET', params: null, query: null, body: null, status: 200 } as const;
const makes = { method: 'POST', params: null, query: null, body: null, status: 201 } as const;
const acts = { ...makes, status: 200 } as const;

/** Every call of the admin API, by its name. */
export const operations = {
  'status.read': {
    ...reads,
    path: '/v1/status',
    action: 'status.read',
    summary: 'One line an endpoint, and the gateways behind them.',
    answer: statusBodySchema,
  },
  'health.read': {
    ...reads,
    path: '/v1/health',
    action: 'status.read',
    summary: 'Requests, outcomes, latency and use of resources by endpoint, arm and version.',
    query: healthQuerySchema,
    answer: z.array(healthRowSchema),
  },
  'drift.read': {
    ...reads,
    path: '/v1/drift',
    action: 'status.read',
    summary: 'What is asked and answered, against the baseline and against training data.',
    query: driftQuerySchema,
    answer: z.array(driftRowSchema),
  },
  'blob.put': {
    ...makes,
    path: '/v1/blobs',
    action: 'version.push',
    summary: 'Uploads a model file; a version is then made of it.',
    body: 'bytes',
    answer: uploadedSchema,
  },
  'blob.read': {
    ...reads,
    path: '/v1/blobs/{digest}',
    action: 'model.read',
    summary: 'Downloads a model file, verified.',
    params: digestParams,
    answer: 'bytes',
  },
  'model.list': {
    ...reads,
    path: '/v1/models',
    action: 'model.read',
    summary: 'All models.',
    answer: z.array(modelBodySchema),
  },
  'version.list': {
    ...reads,
    path: '/v1/models/{model}/versions',
    action: 'model.read',
    summary: 'Versions of a model, newest first.',
    params: modelParams,
    answer: z.array(versionBodySchema),
  },
  'version.push': {
    ...makes,
    path: '/v1/models/{model}/versions',
    action: 'version.push',
    summary: 'Makes an uploaded file a version, once it has passed admission.',
    params: modelParams,
    body: pushSchema,
    answer: pushedSchema,
  },
  'version.read': {
    ...reads,
    path: '/v1/models/{model}/versions/{version}',
    action: 'model.read',
    summary: 'One version.',
    params: versionParams,
    answer: versionBodySchema,
  },
  'version.delete': {
    ...reads,
    method: 'DELETE',
    path: '/v1/models/{model}/versions/{version}',
    action: 'version.delete',
    summary: 'Deletes a version that nothing uses.',
    params: versionParams,
    answer: versionBodySchema,
  },
  'alias.list': {
    ...reads,
    path: '/v1/models/{model}/aliases',
    action: 'model.read',
    summary: 'Aliases of a model with their history.',
    params: modelParams,
    answer: z.array(aliasBodySchema),
  },
  'alias.move': {
    ...acts,
    method: 'PUT',
    path: '/v1/models/{model}/aliases/{alias}',
    action: 'alias.move',
    summary: 'Points an alias at a version, if it points where the caller thinks.',
    params: aliasParams,
    body: aliasMoveSchema,
    answer: aliasBodySchema,
  },
  'endpoint.list': {
    ...reads,
    path: '/v1/endpoints',
    action: 'endpoint.read',
    summary: 'All endpoints.',
    answer: z.array(endpointBodySchema),
  },
  'endpoint.create': {
    ...makes,
    path: '/v1/endpoints',
    action: 'endpoint.create',
    summary: 'Makes an endpoint that answers with a version.',
    body: endpointCreateSchema,
    answer: endpointBodySchema,
  },
  'endpoint.read': {
    ...reads,
    path: '/v1/endpoints/{endpoint}',
    action: 'endpoint.read',
    summary: 'One endpoint.',
    params: endpointParams,
    answer: endpointBodySchema,
  },
  'endpoint.change': {
    ...acts,
    method: 'PATCH',
    path: '/v1/endpoints/{endpoint}',
    action: 'endpoint.change',
    summary: 'Changes settings of an endpoint.',
    params: endpointParams,
    body: endpointChangeSchema,
    answer: endpointBodySchema,
  },
  'endpoint.traffic': {
    ...reads,
    path: '/v1/endpoints/{endpoint}/traffic',
    action: 'endpoint.read',
    summary: 'Traffic, rates and latency outside rollouts, from stored windows: what to plan with.',
    params: endpointParams,
    query: trafficQuerySchema,
    answer: trafficBodySchema,
  },
  'endpoint.rollback': {
    ...acts,
    path: '/v1/endpoints/{endpoint}/rollback',
    action: 'rollout.rollback',
    summary: 'Takes the endpoint back to the version before, whatever goes on.',
    params: endpointParams,
    body: endpointRollbackSchema,
    answer: rollbackAnswerSchema,
  },
  'feedback.read': {
    ...reads,
    path: '/v1/endpoints/{endpoint}/feedback',
    action: 'endpoint.read',
    summary: 'What came of predictions: labels, rewards and business metrics, version by version.',
    params: endpointParams,
    query: feedbackQuerySchema,
    answer: feedbackBodySchema,
  },
  'feedback.declare': {
    ...acts,
    method: 'PUT',
    path: '/v1/endpoints/{endpoint}/metrics/{metric}',
    action: 'endpoint.change',
    summary: 'Says when the feedback for a metric is complete, and which class it is about.',
    params: metricParams,
    body: metricDeclareSchema,
    answer: metricBodySchema,
  },
  'rollout.list': {
    ...reads,
    path: '/v1/rollouts',
    action: 'rollout.read',
    summary: 'Rollouts, newest first.',
    query: rolloutQuerySchema,
    answer: z.array(rolloutBodySchema),
  },
  'rollout.start': {
    ...makes,
    path: '/v1/rollouts',
    action: 'rollout.start',
    summary: 'Starts a rollout.',
    body: rolloutSpecSchema,
    answer: rolloutBodySchema,
  },
  'rollout.read': {
    ...reads,
    path: '/v1/rollouts/{rollout}',
    action: 'rollout.read',
    summary: 'One rollout with its verdicts.',
    params: rolloutParams,
    answer: rolloutBodySchema,
  },
  'rollout.command': {
    ...acts,
    path: '/v1/rollouts/{rollout}/commands',
    // The action of the command itself is checked as well: see `control/api/rollouts.ts`.
    action: 'rollout.read',
    summary: 'Pauses, resumes, advances, promotes, rolls back or cancels.',
    params: rolloutParams,
    body: rolloutCommandSchema,
    answer: rolloutBodySchema,
  },
  'rollout.explain': {
    ...reads,
    path: '/v1/rollouts/{rollout}/explanation',
    action: 'audit.read',
    summary: 'Why it is where it is: what it waits for, what was shown, how it came there.',
    params: rolloutParams,
    answer: explanationSchema,
  },
  'rollout.receipt': {
    ...reads,
    path: '/v1/rollouts/{rollout}/receipt',
    action: 'audit.read',
    summary: 'All that its decisions rested on, so that anybody can decide them again.',
    params: rolloutParams,
    answer: receiptSchema,
  },
  'audit.list': {
    ...reads,
    path: '/v1/audit',
    action: 'audit.read',
    summary: 'Audit entries, newest first.',
    query: auditQuerySchema,
    answer: z.array(auditBodySchema),
  },
  'audit.verify': {
    ...reads,
    path: '/v1/audit/verification',
    action: 'audit.read',
    summary: 'Walks the whole chain and says whether it is unbroken.',
    answer: auditVerificationSchema,
  },
  'token.list': {
    ...reads,
    path: '/v1/tokens',
    action: 'token.manage',
    summary: 'Tokens, without their secrets.',
    answer: z.array(tokenBodySchema),
  },
  'token.create': {
    ...makes,
    path: '/v1/tokens',
    action: 'token.manage',
    summary: 'Makes a token; it is shown this once.',
    body: tokenCreateSchema,
    answer: tokenCreatedSchema,
  },
  'token.revoke': {
    ...reads,
    method: 'DELETE',
    path: '/v1/tokens/{token}',
    action: 'token.manage',
    summary: 'Revokes a token at once.',
    params: tokenParams,
    answer: tokenBodySchema,
  },
  'events.stream': {
    ...reads,
    path: '/v1/events',
    action: 'rollout.read',
    summary: 'Events as they happen, as server-sent events; `Last-Event-ID` goes on.',
    answer: 'events',
  },
} as const satisfies Record<string, Operation>;

/** The name of a call. */
export type OperationId = keyof typeof operations;
