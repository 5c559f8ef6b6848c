import type { CatalogModel, CatalogVersion } from '../core/routing/table.ts';
import { Fault } from '../protocol/errors.ts';
import { readFeatureRequest } from '../protocol/inference/features.ts';
import { admitMediaType } from './admit.ts';
import type { Deployment } from './deployments.ts';
import { featureDialect, inferDialect } from './dialect.ts';
import type { Dialect } from './dialect.ts';
import { faultAnswer, jsonAnswer, metricsAnswer } from './exchange.ts';
import type { Answer, GatewayRequest } from './exchange.ts';
import type { Log } from './deps.ts';
import { matchPath } from './paths.ts';
import type { PathMatch } from './paths.ts';
import type { Pipeline } from './pipeline.ts';
import type { ServedArm, ServedRoute, ServedTable } from './served.ts';

/** What requests are answered from. */
export type RouterParts = {
  readonly version: string;
  readonly pipeline: Pipeline;
  readonly table: () => ServedTable;
  readonly isReady: () => boolean;
  /** The state of a version, whether or not it is loaded. */
  readonly stateOf: (version: CatalogVersion) => Deployment['state'];
  /** Makes a version ready that was asked for by number, waiting for it to load. */
  readonly pin: (
    served: ServedRoute,
    version: CatalogVersion,
    signal: AbortSignal,
  ) => Promise<ServedArm>;
  /** All metrics of this gateway, as text. */
  readonly metrics: () => string;
  /** Takes what came of predictions. */
  readonly feedback: (request: GatewayRequest) => Promise<Answer>;
  readonly newRequestId: () => string;
  readonly refused: (code: string) => void;
  readonly log: Log;
};

const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;
const VERSION_HEADER = 'x-understudy-version';
const PLATFORM = 'onnxruntime_onnx';
/** What `Fault`s of the program itself are called outside. */
const BUG = 'INTERNAL';

/** Answers requests; never rejects. */
export type Router = (request: GatewayRequest) => Promise<Answer>;

/** Makes the router: path → operation → answer, faults included, with the id of the request. */
export function createRouter(parts: RouterParts): Router {
  return async (request) => {
    const given = request.headers.get('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : parts.newRequestId();
    const answer = await answerOrFault(parts, request, requestId);
    return { ...answer, headers: [...answer.headers, 'x-request-id', requestId] };
  };
}

async function answerOrFault(
  parts: RouterParts,
  request: GatewayRequest,
  requestId: string,
): Promise<Answer> {
  try {
    const match = matchPath(request.method, request.target);
    return await operate(parts, { request, match, requestId });
  } catch (error) {
    if (error instanceof Fault) {
      parts.refused(error.code);
      return faultAnswer(error, requestId);
    }
    parts.log.error({ err: error, requestId }, 'a request met a bug');
    parts.refused(BUG);
    return faultAnswer(new Fault(BUG, 'the gateway failed on this request'), requestId);
  }
}

type Asked = {
  readonly request: GatewayRequest;
  readonly match: PathMatch;
  readonly requestId: string;
};

function operate(parts: RouterParts, asked: Asked): Promise<Answer> | Answer {
  const { match } = asked;
  switch (match.operation) {
    case 'infer':
      return infer(parts, asked);
    case 'predict':
    case 'predictEndpoint':
      return predict(parts, asked);
    case 'serverLive':
      return jsonAnswer({ live: true });
    case 'serverReady': {
      const ready = parts.isReady();
      return jsonAnswer({ ready }, ready ? 200 : 503);
    }
    case 'serverMetadata':
      return jsonAnswer({
        name: 'understudy',
        version: parts.version,
        extensions: ['binary_tensor_data', 'model_repository'],
      });
    case 'modelList':
      return jsonAnswer({ models: [...parts.table().routes.keys()] });
    case 'modelMetadata':
      return modelMetadata(parts, match);
    case 'modelReady':
      return modelReady(parts, match);
    case 'repositoryIndex':
      return repositoryIndex(parts);
    case 'repositoryLoad':
      throw new Fault('OPERATION_UNSUPPORTED', 'versions are not loaded from here');
    case 'versionList':
      return versionList(parts, match.name);
    case 'feedback':
      return parts.feedback(asked.request);
    case 'metrics':
      return metricsAnswer(parts.metrics());
  }
}

function infer(parts: RouterParts, { request, match, requestId }: Asked): Promise<Answer> {
  parts.pipeline.requireRoom();
  admitMediaType(request.headers);
  const dialect = inferDialect(request.body, request.headers);
  const wanted = match.version ?? request.headers.get(VERSION_HEADER) ?? null;
  const name = { name: match.name, isPinned: wanted !== null };
  const served = resolve(parts.table(), name);
  return answer(parts, { served, wanted, dialect, request, requestId });
}

function predict(parts: RouterParts, { request, match, requestId }: Asked): Promise<Answer> {
  parts.pipeline.requireRoom();
  admitMediaType(request.headers);
  const body = readFeatureRequest(request.body);
  const wanted = body.version ?? request.headers.get(VERSION_HEADER) ?? null;
  const named = match.name === '' ? body.endpoint : match.name;
  const served =
    named === null
      ? onlyOne(parts.table())
      : resolve(parts.table(), { name: named, isPinned: wanted !== null });
  return answer(parts, { served, wanted, dialect: featureDialect(body), request, requestId });
}

function onlyOne({ only, routes }: ServedTable): ServedRoute {
  if (only !== null) return only;
  if (routes.size === 0) throw new Fault('ENDPOINT_UNKNOWN', 'there is no endpoint yet');
  throw new Fault('ENDPOINT_AMBIGUOUS', `there are ${routes.size} endpoints`, 'endpoint');
}

/** An endpoint by its name, or by that of a model which one endpoint alone serves. */
function resolve(
  table: ServedTable,
  asked: { readonly name: string; readonly isPinned: boolean },
): ServedRoute {
  const { name, isPinned } = asked;
  const named = table.routes.get(name);
  if (named !== undefined) return named;
  const serving = table.endpointsOf.get(name) ?? [];
  const [first] = serving;
  if (first === undefined) throw new Fault('ENDPOINT_UNKNOWN', `no endpoint is named ${name}`);
  if (serving.length === 1 || isPinned) return first;
  throw new Fault('ENDPOINT_AMBIGUOUS', `${serving.length} endpoints serve the model ${name}`);
}

type ToAnswer = {
  readonly served: ServedRoute;
  readonly wanted: string | null;
  readonly dialect: Dialect;
  readonly request: GatewayRequest;
  readonly requestId: string;
};

async function answer(parts: RouterParts, toAnswer: ToAnswer): Promise<Answer> {
  const { served, wanted, dialect, request, requestId } = toAnswer;
  const { headers, signal } = request;
  const pinned =
    wanted === null
      ? null
      : await parts.pin(served, versionOf(parts.table(), served.route.model, wanted), signal);
  return parts.pipeline.predict({ served, pinned, dialect, headers, requestId, signal });
}

/** A version by number, by label, or the newest as `latest`. */
function versionOf(table: ServedTable, model: string, wanted: string): CatalogVersion {
  const versions = table.models.get(model)?.versions ?? [];
  const found =
    wanted === 'latest'
      ? versions[0]
      : /^[1-9]\d{0,14}$/.test(wanted)
        ? versions.find(({ version }) => version === Number(wanted))
        : versions.find(({ label }) => label === wanted);
  if (found !== undefined) return found;
  throw new Fault('VERSION_UNKNOWN', `${model} has no version ${JSON.stringify(wanted)}`);
}

function modelMetadata({ table }: RouterParts, { name, version }: PathMatch): Answer {
  const served = resolve(table(), { name, isPinned: version !== null });
  const { route, baseline } = served;
  const shown = version === null ? baseline.version : versionOf(table(), route.model, version);
  const { inputs, outputs } = shown.signature;
  const versions = (table().models.get(route.model)?.versions ?? []).map((one) =>
    String(one.version),
  );
  return jsonAnswer({ name, versions, platform: PLATFORM, inputs, outputs });
}

function modelReady(parts: RouterParts, { name, version }: PathMatch): Answer {
  const table = parts.table();
  const served = resolve(table, { name, isPinned: version !== null });
  const asked =
    version === null ? served.baseline.version : versionOf(table, served.route.model, version);
  const ready = parts.stateOf(asked) === 'ready';
  return jsonAnswer({ name, ready }, ready ? 200 : 503);
}

function repositoryIndex(parts: RouterParts): Answer {
  const rows = [...parts.table().routes.values()].map(({ route, baseline }) => {
    const isReady = baseline.deployment.state === 'ready';
    return {
      name: route.endpoint,
      version: String(baseline.version.version),
      state: isReady ? 'READY' : 'UNAVAILABLE',
      reason: isReady ? '' : baseline.deployment.state,
    };
  });
  return jsonAnswer(rows);
}

function versionList(parts: RouterParts, name: string): Answer {
  const table = parts.table();
  const model =
    table.models.get(name) ?? table.models.get(table.routes.get(name)?.route.model ?? '');
  if (model === undefined) throw new Fault('MODEL_UNKNOWN', `no model is named ${name}`);
  return jsonAnswer({ model: model.name, versions: versionRows(parts, model) });
}

function versionRows({ stateOf }: RouterParts, model: CatalogModel): readonly object[] {
  return model.versions.map((version) => ({
    version: version.version,
    label: version.label,
    digest: version.digest,
    bytes: version.bytes,
    created_at: new Date(version.createdAt).toISOString(),
    loaded: stateOf(version) === 'ready',
    inputs: version.signature.inputs,
    outputs: version.signature.outputs,
  }));
}
