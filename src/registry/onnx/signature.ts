import { assertNever } from '../../core/lib/invariant.ts';
import { elementType, elementTypeName } from './element-type.ts';
import { refuse } from './wire.ts';
import type { Datatype, Signature } from '../../core/catalog/signature.ts';
import type { WalkCaps } from './caps.ts';
import type { OnnxModel, OnnxType, OnnxValue } from './proto.ts';

/** What the file declares. */
export type DeclaredSignature = {
  /** Outputs whose rank is not declared stand there without dimensions. */
  readonly signature: Signature;
  /** Names of the outputs whose rank is not declared; a run shows it. */
  readonly unranked: readonly string[];
};

/**
 * What the model takes and gives. Inputs that have an initializer are constants (before IR 4 every
 * constant was listed as an input) or defaults, and are not part of it.
 */
export function declaredSignature({ graph }: OnnxModel, caps: WalkCaps): DeclaredSignature {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const taken = graph.inputs.filter(({ name }) => !constants.has(name));
  for (const [kind, list] of [['inputs', taken] as const, ['outputs', graph.outputs] as const]) {
    if (list.length === 0) refuse('ONNX_SIGNATURE', `the model has no ${kind}`, graph.where);
    if (list.length <= caps.portsMax) continue;
    const what = `the model has ${list.length} ${kind}, more than ${caps.portsMax}`;
    refuse('ONNX_LIMIT', what, graph.where);
  }
  const inputs = taken.map((value) => {
    const { datatype, dims } = tensorOf(value, 'input');
    if (dims !== null) return { name: value.name, datatype, shape: dims };
    const subject = `the input ${JSON.stringify(value.name)}`;
    const what = `${subject} does not declare how many dimensions it has`;
    return refuse('ONNX_SIGNATURE', what, value.where);
  });
  const outputs = graph.outputs.map((value) => {
    const { datatype, dims } = tensorOf(value, 'output');
    return { name: value.name, datatype, shape: dims };
  });
  return {
    signature: { inputs, outputs: outputs.map((spec) => ({ ...spec, shape: spec.shape ?? [] })) },
    unranked: outputs.flatMap(({ name, shape }) => (shape === null ? [name] : [])),
  };
}

type Declared = { readonly datatype: Datatype; readonly dims: readonly number[] | null };

function tensorOf({ where, name, type }: OnnxValue, kind: 'input' | 'output'): Declared {
  const subject = `the ${kind} ${JSON.stringify(name)}`;
  if (type === null) return refuse('ONNX_SIGNATURE', `${subject} does not declare its type`, where);
  if (type.kind !== 'tensor') {
    return refuse('ONNX_TYPE', `${subject} is no tensor but ${kindText(type.kind)}`, where);
  }
  const datatype = elementType(type.element)?.datatype ?? null;
  if (datatype !== null) return { datatype, dims: type.dims };
  const elements = `${subject} has elements of ${elementTypeName(type.element)}`;
  return refuse('ONNX_TYPE', `${elements}; put a Cast to a type that can be sent there`, where);
}

/** Classifiers of scikit-learn give a sequence of maps unless told not to. */
function kindText(kind: Exclude<OnnxType['kind'], 'tensor'>): string {
  switch (kind) {
    case 'sequence':
    case 'map':
      return `a ${kind}, as skl2onnx writes unless it is called with zipmap=False`;
    case 'optional':
      return 'an optional value';
    case 'opaque':
      return 'an opaque value';
    case 'sparse tensor':
      return 'a sparse tensor';
    default:
      return assertNever(kind, 'type of a value');
  }
}
