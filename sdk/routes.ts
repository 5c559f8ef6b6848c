import type { OperationId } from '../src/protocol/admin/operations.ts';

/** Method and path of every call; a test holds them against the API's own table. */
export const routes = {
  'status.read': 'GET /v1/status',
  'health.read': 'GET /v1/health',
  'drift.read': 'GET /v1/drift',
  'blob.put': 'POST /v1/blobs',
  'blob.read': 'GET /v1/blobs/{digest}',
  'model.list': 'GET /v1/models',
  'version.list': 'GET /v1/models/{model}/versions',
  'version.push': 'POST /v1/models/{model}/versions',
  'version.read': 'GET /v1/models/{model}/versions/{version}',
  'version.delete': 'DELETE /v1/models/{model}/versions/{version}',
  'alias.list': 'GET /v1/models/{model}/aliases',
  'alias.move': 'PUT /v1/models/{model}/aliases/{alias}',
  'endpoint.list': 'GET /v1/endpoints',
  'endpoint.create': 'POST /v1/endpoints',
  'endpoint.read': 'GET /v1/endpoints/{endpoint}',
  'endpoint.change': 'PATCH /v1/endpoints/{endpoint}',
  'endpoint.traffic': 'GET /v1/endpoints/{endpoint}/traffic',
  'endpoint.rollback': 'POST /v1/endpoints/{endpoint}/rollback',
  'feedback.read': 'GET /v1/endpoints/{endpoint}/feedback',
  'feedback.declare': 'PUT /v1/endpoints/{endpoint}/metrics/{metric}',
  'rollout.list': 'GET /v1/rollouts',
  'rollout.start': 'POST /v1/rollouts',
  'rollout.read': 'GET /v1/rollouts/{rollout}',
  'rollout.command': 'POST /v1/rollouts/{rollout}/commands',
  'rollout.explain': 'GET /v1/rollouts/{rollout}/explanation',
  'rollout.receipt': 'GET /v1/rollouts/{rollout}/receipt',
  'audit.list': 'GET /v1/audit',
  'audit.verify': 'GET /v1/audit/verification',
  'token.list': 'GET /v1/tokens',
  'token.create': 'POST /v1/tokens',
  'token.revoke': 'DELETE /v1/tokens/{token}',
  'events.stream': 'GET /v1/events',
} as const satisfies Record<OperationId, string>;

/** Calls whose answer may take longer than others: the server works while the caller waits. */
export const patientMs: Partial<Record<OperationId, number>> = {
  // The model is loaded and tried in a process of its own first.
  'version.push': 600_000,
  // A long audit log is walked from its first entry.
  'audit.verify': 300_000,
  // All windows of a week are read.
  'endpoint.traffic': 120_000,
  // All windows of a rollout are read.
  'rollout.receipt': 120_000,
};
