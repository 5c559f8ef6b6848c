import { graphsOf } from './check-operators.ts';
import { nodeText } from './proto.ts';
import { refuse } from './wire.ts';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxValue } from './proto.ts';
import type { Where } from './where.ts';

/** Names that may be used in a graph: its own, then those of the graphs around it. */
type Scope = { readonly own: ReadonlySet<string>; readonly outer: Scope | null };

/** Refuses names given twice, names used but not given, and constants without a name. */
export function checkNames({ graph, functions }: OnnxModel): void {
  checkGraph(graph, null);
  for (const fn of functions) checkFunction(fn);
  refuseTwice(graph.outputs, 'output');
}

function checkGraph(graph: OnnxGraph, outer: Scope | null): void {
  const own = new Set<string>();
  refuseTwice(graph.inputs, 'input');
  refuseTwice(graph.initializers, 'initializer');
  for (const { name } of graph.inputs) own.add(name);
  for (const { name } of graph.initializers) own.add(name);
  addOutputs(graph.nodes, own);
  const scope = { own, outer };
  for (const node of graph.nodes) checkUses(node, scope);
  for (const { where, name } of graph.outputs) {
    if (!isGiven(name, scope)) refuse('ONNX_NAMES', `nothing gives ${shown(name)}`, where);
  }
}

function checkFunction({ where, name, inputs, outputs, nodes }: OnnxFunction): void {
  const own = new Set(inputs);
  if (own.size !== inputs.length) {
    refuse('ONNX_NAMES', `function ${shown(name)} has two inputs of one name`, where);
  }
  addOutputs(nodes, own);
  const scope = { own, outer: null };
  for (const node of nodes) checkUses(node, scope);
  const missing = outputs.find((output) => !own.has(output));
  if (missing === undefined) return;
  refuse('ONNX_NAMES', `nothing in function ${shown(name)} gives ${shown(missing)}`, where);
}

function addOutputs(nodes: readonly OnnxNode[], own: Set<string>): void {
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (own.has(output)) {
        const what = `${nodeText(node)} gives ${shown(output)}, which is there already`;
        refuse('ONNX_NAMES', what, node.where);
      }
      own.add(output);
    }
  }
}

function checkUses(node: OnnxNode, scope: Scope): void {
  for (const input of node.inputs) {
    if (input === '' || isGiven(input, scope)) continue;
    const what = `${nodeText(node)} uses ${shown(input)}, which nothing gives`;
    refuse('ONNX_NAMES', what, node.where);
  }
  for (const graph of graphsOf(node)) checkGraph(graph, scope);
}

function isGiven(name: string, scope: Scope): boolean {
  for (let at: Scope | null = scope; at !== null; at = at.outer) if (at.own.has(name)) return true;
  return false;
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
