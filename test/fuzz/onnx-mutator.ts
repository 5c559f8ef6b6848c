import { uniformInt } from '../../src/core/lib/prng.ts';
import { bytesOf, copyOf, placesOf, treeOf } from './onnx-tree.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import type { Message, Place } from './onnx-tree.ts';

/** Changes one thing of a model's structure. Does nothing where there is nothing of its sort. */
type StructureChange = (tree: Message, rng: Prng) => void;

/** Changes one thing of a model's bytes. */
type ByteChange = (bytes: Uint8Array, rng: Prng) => Uint8Array;

function pick<T>(rng: Prng, list: readonly T[]): T | undefined {
  return list[uniformInt(rng, Math.max(1, list.length))];
}

const extremes: readonly bigint[] = [
  [0n, 1n, -1n, 2n, 3n, 7n, 8n, 16n, 127n, 128n],
  [2n ** 20n, 2n ** 28n, 2n ** 31n - 1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 33n],
  [2n ** 40n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)],
].flat();

const floats: readonly number[] = [Number.NaN, Infinity, -Infinity, 0, -0, 3.4e38, 1e-45, -1];

const operators: readonly string[] = [
  'Add Mul Div Mod MatMul Gemm Conv Concat Split Slice Gather GatherND ScatterND',
  'Reshape Transpose Squeeze Unsqueeze Expand Tile Resize Pad Range ConstantOfShape',
  'OneHot TopK Loop If Scan LSTM BatchNormalization LayerNormalization Softmax',
  'ReduceSum ArgMax CumSum Einsum DFT Cast Where NonMaxSuppression Attention',
  'Normalizer Scaler LinearClassifier TreeEnsembleClassifier SVMRegressor ZipMap',
  'Identity Boom',
].flatMap((line) => line.split(' '));

const places = (tree: Message, want: (place: Place) => boolean): readonly Place[] =>
  placesOf(tree).filter(want);

const isNumber = ({ field }: Place): boolean => field.wire === 0;
const isFloat = ({ field }: Place): boolean => field.wire === 5;
const isLeaf = ({ field }: Place): boolean => field.value instanceof Uint8Array && field.wire === 2;
const isOperator = ({ parent, field }: Place): boolean =>
  parent.kind === 'node' && field.number === 4;
const isPort = (place: Place): boolean =>
  isLeaf(place) && place.parent.kind === 'node' && place.field.number <= 2;

const structureChanges: readonly StructureChange[] = [
  function extremeNumber(tree, rng) {
    const place = pick(rng, places(tree, isNumber));
    if (place !== undefined) place.field.value = pick(rng, extremes) ?? 0n;
  },
  function oddFloat(tree, rng) {
    const place = pick(rng, places(tree, isFloat));
    const content = Buffer.alloc(4);
    content.writeFloatLE(pick(rng, floats) ?? 0);
    if (place !== undefined) place.field.value = content;
  },
  function oddBytes(tree, rng) {
    const leaves = places(tree, isLeaf);
    const place = pick(rng, leaves);
    const other = pick(rng, leaves)?.field.value;
    const contents = [
      Buffer.alloc(0),
      Buffer.alloc(5_000, 'a'),
      Buffer.from('../../etc/passwd'),
      Buffer.from('__proto__'),
      Buffer.from([0xff, 0xfe, 0]),
      other instanceof Uint8Array ? other : Buffer.alloc(1),
    ];
    if (place !== undefined) place.field.value = pick(rng, contents) ?? Buffer.alloc(0);
  },
  function otherOperator(tree, rng) {
    const place = pick(rng, places(tree, isOperator));
    if (place !== undefined) place.field.value = Buffer.from(pick(rng, operators) ?? '');
  },
  function renamedPort(tree, rng) {
    const ports = places(tree, isPort);
    const [place, other] = [pick(rng, ports), pick(rng, ports)];
    if (place !== undefined && other !== undefined) place.field.value = other.field.value;
  },
  function withoutField(tree, rng) {
    const place = pick(rng, placesOf(tree));
    place?.parent.fields.splice(place.parent.fields.indexOf(place.field), 1);
  },
  function fieldTwice(tree, rng) {
    const place = pick(rng, placesOf(tree));
    if (place === undefined) return;
    const copy = copyOf({ kind: place.parent.kind, fields: [place.field] }).fields;
    place.parent.fields.push(...copy);
  },
  function fieldElsewhere(tree, rng) {
    const place = pick(rng, placesOf(tree));
    const target = pick(rng, placesOf(tree));
    if (place === undefined || target === undefined) return;
    target.parent.fields.push(...copyOf({ kind: place.parent.kind, fields: [place.field] }).fields);
  },
  function otherFieldNumber(tree, rng) {
    const place = pick(rng, placesOf(tree));
    if (place === undefined) return;
    const { parent, field } = place;
    const changed = { ...field, number: 1 + uniformInt(rng, 30) };
    parent.fields[parent.fields.indexOf(field)] = changed;
  },
];

const byteChanges: readonly ByteChange[] = [
  function flips(bytes, rng) {
    const changed = Uint8Array.from(bytes);
    for (let left = 1 + uniformInt(rng, 8); left > 0; left -= 1) {
      const at = uniformInt(rng, Math.max(1, changed.length));
      changed[at] = (changed[at] ?? 0) ^ (1 << uniformInt(rng, 8));
    }
    return changed;
  },
  function cut(bytes, rng) {
    return bytes.slice(0, uniformInt(rng, bytes.length + 1));
  },
  function longerNumber(bytes, rng) {
    const changed = Uint8Array.from(bytes);
    const at = uniformInt(rng, Math.max(1, changed.length));
    changed.fill(0xff, at, at + 1 + uniformInt(rng, 10));
    return changed;
  },
  function inserted(bytes, rng) {
    const at = uniformInt(rng, bytes.length + 1);
    const more = Uint8Array.from({ length: 1 + uniformInt(rng, 12) }, () => uniformInt(rng, 256));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
];

/** Most structural changes in one mutant. */
const CHANGES_MAX = 3;

/** A mutant in four is changed in its bytes, the rest in its structure. */
const BYTE_MUTANTS = 4;

/**
 * A mutant of a good model: one to three changes of its structure, or one of its bytes. The same
 * numbers give the same mutant. Changes of structure matter most: bytes changed at random hardly
 * get past the first check.
 */
export function mutantOf(seed: Uint8Array, rng: Prng): Uint8Array {
  if (uniformInt(rng, BYTE_MUTANTS) === 0) return pick(rng, byteChanges)?.(seed, rng) ?? seed;
  const tree = treeOf(seed);
  for (let left = 1 + uniformInt(rng, CHANGES_MAX); left > 0; left -= 1) {
    pick(rng, structureChanges)?.(tree, rng);
  }
  return bytesOf(tree);
}
