const MIB = 2 ** 20;

/** Maxima of a walk; beyond any of them a model is refused with `ONNX_LIMIT`. */
export type WalkCaps = {
  /** Size of the file. Protobuf itself ends at 2 GiB. */
  readonly fileBytesMax: number;
  /** Messages inside each other; a subgraph takes three. ONNX Runtime itself ends at 100. */
  readonly depthMax: number;
  /** Nodes in all graphs and functions, and again after every function call is unfolded. */
  readonly nodesMax: number;
  readonly attributesMax: number;
  /** Constant tensors, wherever they stand. */
  readonly tensorsMax: number;
  /** Elements of all constant tensors and attribute lists together. */
  readonly elementsMax: number;
  /** Declared values: inputs, outputs and hints about what is between. */
  readonly valuesMax: number;
  readonly functionsMax: number;
  readonly metadataMax: number;
  /** Inputs, and likewise outputs, of the model. */
  readonly portsMax: number;
  /** Dimensions of a tensor. */
  readonly rankMax: number;
  readonly nameBytesMax: number;
  /** Doc strings and metadata values. */
  readonly textBytesMax: number;
  /** One string inside an attribute or a string tensor. */
  readonly stringBytesMax: number;
  /** Bytes one node makes of a constant shape; and what is made of constants alone, in sum. */
  readonly expansionBytesMax: number;
  /** Rounds of a loop that nothing but its count ends. */
  readonly roundsMax: number;
};

/** The maxima unless the operator says otherwise. */
export const defaultWalkCaps: WalkCaps = {
  fileBytesMax: 2 ** 31 - 1,
  depthMax: 100,
  nodesMax: 200_000,
  attributesMax: 2_000_000,
  tensorsMax: 200_000,
  elementsMax: 2 ** 31,
  valuesMax: 1_000_000,
  functionsMax: 10_000,
  metadataMax: 100_000,
  portsMax: 1_024,
  rankMax: 16,
  nameBytesMax: 4_096,
  textBytesMax: 4 * MIB,
  stringBytesMax: 64 * MIB,
  expansionBytesMax: 512 * MIB,
  roundsMax: 2 ** 24,
};
