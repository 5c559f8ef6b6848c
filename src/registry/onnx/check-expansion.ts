import { graphsOf } from './check-operators.ts';
import { elementType } from './element-type.ts';
import { unfoldedShape } from './unfold.ts';
import { isStandard, KnownValues } from './known-values.ts';
import { nodeText } from './proto.ts';
import { refuse } from './wire.ts';
import type { WalkCaps } from './caps.ts';
import type { KnownShape } from './known-values.ts';
import type { OnnxGraph, OnnxModel, OnnxNode } from './proto.ts';

/** Bytes a string takes in memory at the least, where it has no fixed size. */
const STRING_BYTES = 32;

/** What is added up over a model. */
type Tally = { readonly caps: WalkCaps; bytes: number };

/** A graph, what is known in it, and how often it is run at the least, per prediction. */
type Site = {
  readonly graph: Pick<OnnxGraph, 'initializers' | 'inputs' | 'values' | 'nodes'>;
  readonly outer: KnownValues | null;
  readonly rounds: number;
};

/**
 * Refuses models that unfold constants into more memory than is admitted, or loop for a count that
 * never ends in practice. What is not known before the run counts as 1, so that every number given
 * here is a lower bound. `bytes` is what sparse constants unfold to.
 */
export function checkExpansion(model: OnnxModel, caps: WalkCaps, bytes: number): void {
  const tally = { caps, bytes };
  checkSite({ graph: model.graph, outer: null, rounds: 1 }, tally);
  for (const { nodes } of model.functions) {
    const graph = { nodes, initializers: [], inputs: [], values: [] };
    checkSite({ graph, outer: null, rounds: 1 }, tally);
  }
}

function checkSite({ graph, outer, rounds }: Site, tally: Tally): void {
  const known = new KnownValues(graph, outer);
  for (const node of graph.nodes) {
    known.fold(node);
    const constant = node.inputs.every((input) => input === '' || known.isConstant(input));
    const shape = unfoldedShape(node, known, constant);
    if (shape !== undefined) addUp({ node, shape, constant }, tally);
    const [output] = node.outputs;
    if (shape !== undefined && output !== undefined) known.setShape(output, { ...shape, constant });
    const inside = rounds * roundsOf(node, known);
    if (inside > tally.caps.roundsMax) {
      const what = `${nodeText(node)} runs ${inside} rounds, and nothing but the count ends it`;
      refuse('ONNX_ENDLESS', what, node.where);
    }
    for (const body of graphsOf(node)) {
      checkSite({ graph: body, outer: known, rounds: inside }, tally);
    }
  }
}

type Unfolded = { readonly node: OnnxNode; readonly shape: KnownShape; readonly constant: boolean };

/** What is made of constants alone stays in memory, so it adds up; the rest passes. */
function addUp({ node, shape, constant }: Unfolded, tally: Tally): void {
  const max = tally.caps.expansionBytesMax;
  const elements = shape.dims.reduce((product, dim) => product * Math.max(dim, 0), 1);
  const bits = elementType(shape.type)?.bits ?? 8;
  const bytes = elements * (bits === 0 ? STRING_BYTES : bits / 8);
  const total = constant ? tally.bytes + bytes : bytes;
  if (constant) tally.bytes = total;
  if (total <= max) return;
  const share = total === bytes ? '' : ` and brings the constants to ${total}`;
  const what = `${nodeText(node)} unfolds to [${shape.dims.join(', ')}], ${bytes} bytes${share}`;
  refuse('ONNX_EXPANSION', `${what}; ${max} are admitted`, node.where);
}

/** How often a node runs its body at the least; 1 unless it is a loop that only a count ends. */
function roundsOf(node: OnnxNode, known: KnownValues): number {
  if (!isStandard(node, 'Loop')) return 1;
  const [count, condition] = node.inputs;
  const startsTrue = condition === undefined || condition === '' || known.scalar(condition) === 1;
  const [body] = graphsOf(node);
  if (!startsTrue || body === undefined || !staysTrue(body)) return 1;
  if (count === undefined || count === '') return Infinity;
  return Math.max(1, known.scalar(count) ?? 1);
}

/** Whether a loop's body hands on the condition it was given, or always says true. */
function staysTrue(body: OnnxGraph): boolean {
  const known = new KnownValues(body, null);
  const given = body.inputs[1]?.name;
  let name = body.outputs[0]?.name;
  for (let hop = 0; hop < HOPS_MAX && name !== undefined; hop += 1) {
    if (name === given || known.scalar(name) === 1) return true;
    const current: string = name;
    const giver = body.nodes.find(({ outputs }) => outputs.includes(current));
    name = giver !== undefined && isStandard(giver, 'Identity') ? giver.inputs[0] : undefined;
  }
  return false;
}

/** Identities followed back from a loop's condition. */
const HOPS_MAX = 16;
