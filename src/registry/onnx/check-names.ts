import { graphsOf } from './check-operators.ts';
import { nodeText } from './proto.ts';
import { refuse } from './wire.ts';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxValue } from './proto.ts';
import type { Where } from './where.ts';

/** Names that may be used in a graph: its own, then those of the graphs around it. */
type Scope = {
  /** Index of the node that gives the name; −1 for inputs and constants. */
  readonly givers: ReadonlyMap<string, number>;
  readonly outer: Scope | null;
  /** For each node, the nodes that use what it gives, also from the graphs inside them. */
  readonly users: readonly number[][];
  /** Index of the node that is looked at. */
  at: number;
};

/**
 * Refuses names given twice, names used but not given, constants without a name, and nodes that
 * need each other. The order of nodes does not matter, as it does not to the runtime.
 */
export function checkNames({ graph, functions }: OnnxModel): void {
  checkGraph(graph, null);
  for (const fn of functions) checkFunction(fn);
  refuseTwice(graph.outputs, 'output');
}

function checkGraph(graph: OnnxGraph, outer: Scope | null): void {
  refuseTwice(graph.inputs, 'input');
  refuseTwice(graph.initializers, 'initializer');
  const given = [...graph.inputs, ...graph.initializers].map(({ name }) => name);
  const scope = scopeOf(graph.nodes, given, outer);
  checkNodes(graph.nodes, scope);
  for (const { where, name } of graph.outputs) {
    if (!use(name, scope)) refuse('ONNX_NAMES', `nothing gives ${shown(name)}`, where);
  }
}

function checkFunction({ where, name, inputs, outputs, nodes }: OnnxFunction): void {
  if (new Set(inputs).size !== inputs.length) {
    refuse('ONNX_NAMES', `function ${shown(name)} has two inputs of one name`, where);
  }
  const scope = scopeOf(nodes, inputs, null);
  checkNodes(nodes, scope);
  const missing = outputs.find((output) => !use(output, scope));
  if (missing === undefined) return;
  refuse('ONNX_NAMES', `nothing in function ${shown(name)} gives ${shown(missing)}`, where);
}

function scopeOf(nodes: readonly OnnxNode[], given: readonly string[], outer: Scope | null): Scope {
  const givers = new Map(given.map((name) => [name, -1]));
  for (const [index, node] of nodes.entries()) {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (givers.has(output)) {
        const what = `${nodeText(node)} gives ${shown(output)}, which is there already`;
        refuse('ONNX_NAMES', what, node.where);
      }
      givers.set(output, index);
    }
  }
  return { givers, outer, users: nodes.map(() => []), at: -1 };
}

function checkNodes(nodes: readonly OnnxNode[], scope: Scope): void {
  for (const [index, node] of nodes.entries()) {
    scope.at = index;
    for (const input of node.inputs) {
      if (input === '' || use(input, scope)) continue;
      const what = `${nodeText(node)} uses ${shown(input)}, which nothing gives`;
      refuse('ONNX_NAMES', what, node.where);
    }
    for (const graph of graphsOf(node)) checkGraph(graph, scope);
  }
  scope.at = -1;
  refuseCircle(nodes, scope.users);
}

/** Notes that a name is used at the node that is looked at; false when nothing gives it. */
function use(name: string, from: Scope): boolean {
  for (let scope: Scope | null = from; scope !== null; scope = scope.outer) {
    const giver = scope.givers.get(name);
    if (giver === undefined) continue;
    if (scope.at !== -1) scope.users[giver]?.push(scope.at);
    return true;
  }
  return false;
}

function refuseCircle(nodes: readonly OnnxNode[], users: readonly number[][]): void {
  const waiting = new Uint32Array(nodes.length);
  for (const list of users) for (const user of list) waiting[user] = (waiting[user] ?? 0) + 1;
  const ready = [...nodes.keys()].filter((index) => waiting[index] === 0);
  for (const done of ready) {
    for (const user of users[done] ?? []) {
      const left = (waiting[user] ?? 0) - 1;
      waiting[user] = left;
      if (left === 0) ready.push(user);
    }
  }
  const circular = nodes.find((_, index) => (waiting[index] ?? 0) > 0);
  if (circular === undefined) return;
  const what = `${nodeText(circular)} needs what can only be had from itself`;
  refuse('ONNX_NAMES', what, circular.where);
}

type Named = Pick<OnnxValue, 'name'> & { readonly where: Where };

function refuseTwice(named: readonly Named[], kind: string): void {
  const names = new Set<string>();
  for (const { where, name } of named) {
    if (name === '') refuse('ONNX_NAMES', `the ${kind} has no name`, where);
    if (names.has(name)) {
      refuse('ONNX_NAMES', `there are two ${kind}s of the name ${shown(name)}`, where);
    }
    names.add(name);
  }
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));
