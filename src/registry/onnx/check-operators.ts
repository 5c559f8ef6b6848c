import { nodeText } from './proto.ts';
import { refuse } from './wire.ts';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OpsetImport } from './proto.ts';
import type { WalkCaps } from './caps.ts';
import { wholeFile } from './where.ts';

/** Versions of a domain, or of the file format, that the runtime has. */
type Range = { readonly min: number; readonly max: number };

/** ONNX Runtime 1.30, measured: it loads no other. Before IR 3 a model could not say its opset. */
const irVersions: Range = { min: 3, max: 13 };

/**
 * Opsets of ONNX Runtime 1.30 by domain. `ai.onnx.preview.training` and `ai.onnx.training` are left
 * out on purpose: a served model does not train. Below opset 7 the runtime promises nothing, but
 * has many operators; the probe shows whether it has those of the model.
 */
const opsets: ReadonlyMap<string, Range> = new Map([
  ['', { min: 1, max: 26 }],
  ['ai.onnx.ml', { min: 1, max: 5 }],
  ['com.microsoft', { min: 1, max: 1 }],
]);

/**
 * Operators of `com.microsoft` that are admitted: what quantisers, optimisers and converters of
 * scikit-learn write. They compute from their inputs alone. Others of that domain are refused; some
 * read files (`EPContext`), carry programs for other hardware (`Snpe`) or search for long
 * (`BeamSearch`).
 */
const contribOps: ReadonlySet<string> = new Set(
  (
    'Attention BiasAdd BiasGelu BiasSoftmax CDist ComplexMul DequantizeLinear ' +
    'DynamicQuantizeLSTM DynamicQuantizeMatMul EmbedLayerNormalization FastGelu FusedConv ' +
    'FusedGemm FusedMatMul GatherBlockQuantized Gelu GroupNorm GroupQueryAttention Inverse ' +
    'MatMulInteger16 MatMulIntegerToFloat MatMulNBits MultiHeadAttention MurmurHash3 ' +
    'NhwcMaxPool QAttention QGemm QLinearAdd QEmbedLayerNormalization QLinearAveragePool ' +
    'QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul ' +
    'QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear QuickGelu ' +
    'ReduceSumInteger RotaryEmbedding SkipGroupNorm SkipLayerNormalization ' +
    'SkipSimplifiedLayerNormalization Tokenizer Trilu Unique'
  ).split(' '),
);

/** Refuses what the runtime does not have: formats, opsets, operators; and runaway functions. */
export function checkOperators(model: OnnxModel, caps: WalkCaps): void {
  const { irVersion, graph, functions } = model;
  if (irVersion < irVersions.min || irVersion > irVersions.max) {
    const work = `${irVersions.min} to ${irVersions.max} work`;
    refuse('ONNX_VERSION', `the file has IR version ${irVersion}; ${work}`, wholeFile);
  }
  const locals = localFunctions(functions);
  const imports = importedBy(model.imports, locals);
  forEachNode(graph.nodes, (node) => checkNode(node, { imports, locals }));
  for (const fn of functions) {
    const own = importedBy(fn.imports, locals);
    forEachNode(fn.nodes, (node) => checkNode(node, { imports: own, locals }));
  }
  checkUnfolding(model, { locals, nodesMax: caps.nodesMax });
}

/** Calls `visit` for every node, also of the graphs inside attributes. */
export function forEachNode(nodes: readonly OnnxNode[], visit: (node: OnnxNode) => void): void {
  for (const node of nodes) {
    visit(node);
    for (const graph of graphsOf(node)) forEachNode(graph.nodes, visit);
  }
}

/** The graphs inside a node. */
export const graphsOf = (node: OnnxNode): readonly OnnxGraph[] =>
  node.attributes.length === 0 ? [] : node.attributes.flatMap(({ graphs }) => graphs);

type Locals = ReadonlyMap<string, OnnxFunction>;

type Named = { readonly domain: string; readonly name: string; readonly overload: string };

/** Names cannot hold control characters, so the key is unambiguous. */
const functionKey = ({ domain, name, overload }: Named): string =>
  `${domain}\n${name}\n${overload}`;

const calledKey = ({ domain, opType, overload }: OnnxNode): string =>
  functionKey({ domain, name: opType, overload });

function localFunctions(functions: readonly OnnxFunction[]): Locals {
  const locals = new Map<string, OnnxFunction>();
  for (const fn of functions) {
    const { where, domain, name } = fn;
    if (opsets.has(domain)) {
      const what = `function ${JSON.stringify(name)} is in the domain ${shownDomain(domain)}`;
      refuse('ONNX_FUNCTION', `${what}, which belongs to the runtime`, where);
    }
    const key = functionKey(fn);
    if (locals.has(key)) {
      refuse('ONNX_NAMES', `function ${domain}.${name} is defined twice`, where);
    }
    locals.set(key, fn);
  }
  return locals;
}

const shownDomain = (domain: string): string => (domain === '' ? 'ai.onnx' : domain);

/** Checks the imports of domains we know; others do no harm unless a node uses them. */
function importedBy(imports: readonly OpsetImport[], locals: Locals): ReadonlySet<string> {
  const versions = new Map<string, number>();
  for (const { where, domain, version } of imports) {
    // Converters of scikit-learn write the same line twice; two versions would be ambiguous.
    if ((versions.get(domain) ?? version) !== version) {
      refuse('ONNX_NAMES', `the domain ${shownDomain(domain)} is imported in two versions`, where);
    }
    versions.set(domain, version);
    const range = opsets.get(domain);
    if (range === undefined || (version >= range.min && version <= range.max)) continue;
    const what = `opset ${version} of ${shownDomain(domain)}; ${range.min} to ${range.max} work`;
    refuse('ONNX_VERSION', what, where);
  }
  const functionDomains = [...locals.values()].map(({ domain }) => domain);
  return new Set([...versions.keys(), ...functionDomains]);
}

type Known = { readonly imports: ReadonlySet<string>; readonly locals: Locals };

function checkNode(node: OnnxNode, { imports, locals }: Known): void {
  const { where, domain, opType } = node;
  if (opType === '') refuse('ONNX_MALFORMED', `${nodeText(node)} has no operator`, where);
  if (locals.has(calledKey(node))) return;
  if (!opsets.has(domain)) {
    const what = `${nodeText(node)} is a custom operator of the domain ${JSON.stringify(domain)}`;
    refuse('ONNX_OPERATOR', what, where);
  }
  if (domain === 'com.microsoft' && !contribOps.has(opType)) {
    refuse('ONNX_OPERATOR', `${nodeText(node)} is not among the admitted operators`, where);
  }
  if (imports.has(domain)) return;
  const what = `${nodeText(node)} needs an opset_import of ${shownDomain(domain)}`;
  refuse('ONNX_VERSION', what, where);
}

/** What a piece of a graph comes to: its own nodes, and which functions it calls how often. */
type Cost = { readonly own: number; readonly calls: ReadonlyMap<string, number> };

function costOf(nodes: readonly OnnxNode[], locals: Locals): Cost {
  let own = 0;
  const calls = new Map<string, number>();
  forEachNode(nodes, (node) => {
    own += 1;
    const key = calledKey(node);
    if (locals.has(key)) calls.set(key, (calls.get(key) ?? 0) + 1);
  });
  return { own, calls };
}

type Unfolding = { readonly locals: Locals; readonly nodesMax: number };

/**
 * The runtime replaces each call by the function's nodes. Functions that call each other twice a
 * level double every time, so the size is computed first: callees before callers, each once.
 */
function checkUnfolding(model: OnnxModel, { locals, nodesMax }: Unfolding): void {
  if (locals.size === 0) return;
  const costs = new Map([...locals].map(([key, fn]) => [key, costOf(fn.nodes, locals)]));
  const sizes = new Map<string, number>();
  for (const key of calleesFirst(costs, locals)) {
    const cost = costs.get(key);
    if (cost !== undefined) sizes.set(key, sizeOf(cost, sizes));
  }
  const total = sizeOf(costOf(model.graph.nodes, locals), sizes);
  if (total <= nodesMax) return;
  const what = `with its functions unfolded the model has ${total} nodes, more than ${nodesMax}`;
  refuse('ONNX_FUNCTION', what, model.graph.where);
}

function sizeOf({ own, calls }: Cost, sizes: ReadonlyMap<string, number>): number {
  let size = own;
  for (const [key, times] of calls) size += times * (sizes.get(key) ?? 0);
  return size;
}

/** Every function after all it calls; refuses when there is no such order. */
function calleesFirst(costs: ReadonlyMap<string, Cost>, locals: Locals): readonly string[] {
  const waiting = new Map([...costs].map(([key, { calls }]) => [key, calls.size]));
  const callers = new Map<string, string[]>();
  for (const [key, { calls }] of costs) {
    for (const callee of calls.keys()) {
      const list = callers.get(callee) ?? [];
      list.push(key);
      callers.set(callee, list);
    }
  }
  const order = [...waiting].flatMap(([key, count]) => (count === 0 ? [key] : []));
  for (const done of order) {
    for (const caller of callers.get(done) ?? []) {
      const left = (waiting.get(caller) ?? 0) - 1;
      waiting.set(caller, left);
      if (left === 0) order.push(caller);
    }
  }
  const circular = [...locals].find(([key]) => (waiting.get(key) ?? 0) > 0);
  if (circular === undefined) return order;
  const [, { where, domain, name }] = circular;
  return refuse('ONNX_FUNCTION', `function ${domain}.${name} comes to call itself`, where);
}
