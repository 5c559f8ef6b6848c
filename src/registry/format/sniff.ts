import { Fault } from '../../protocol/errors.ts';
import { isPickle } from './pickle.ts';
import type { FaultCode } from '../../protocol/errors.ts';

/** A format that is not admitted, as found. */
export type Refusal = { readonly code: FaultCode; readonly what: string };

/** Bytes at the beginning, and at the end, that are searched for telling names. */
const SEARCHED_BYTES = 1 << 16;

/** Bytes from which text is told. */
const TEXT_BYTES = 4_096;

/** Refuses files of other formats by their content, whatever they are called. */
export function refuseOtherFormats(file: Uint8Array): void {
  const refusal = otherFormat(file);
  if (refusal !== null) throw new Fault(refusal.code, `The file is ${refusal.what}.`);
}

/**
 * Which other format the bytes are of; null when they may be ONNX. No ONNX model begins as any of
 * these does: their first bytes are no field of a model, or the runtime would not take it for one.
 */
export function otherFormat(file: Uint8Array): Refusal | null {
  if (file.length === 0) return { code: 'FORMAT_EMPTY', what: 'empty' };
  return signature(file) ?? structure(file) ?? text(file) ?? otherProtobuf(file);
}

type Signature = {
  readonly at: number;
  /** One character a byte. */
  readonly bytes: string;
  readonly refusal: Refusal;
};

const row = (bytes: string, code: FaultCode, what: string): Signature => ({
  at: 0,
  bytes,
  refusal: { code, what },
});

const moved = (at: number, rest: Signature): Signature => ({ ...rest, at });

const hdf5 = row('\x89HDF\r\n\x1a\n', 'FORMAT_HDF5', 'an HDF5 file, as Keras writes (.h5)');

const signatures: readonly Signature[] = [
  row('7z\xbc\xaf\x27\x1c', 'FORMAT_7Z', 'a 7z archive'),
  row('Rar!\x1a\x07', 'FORMAT_REFUSED', 'a RAR archive'),
  row('\x1f\x8b', 'FORMAT_COMPRESSED', 'compressed with gzip'),
  row('BZh', 'FORMAT_COMPRESSED', 'compressed with bzip2'),
  row('\xfd7zXZ\0', 'FORMAT_COMPRESSED', 'compressed with xz'),
  row('\x28\xb5\x2f\xfd', 'FORMAT_COMPRESSED', 'compressed with zstd'),
  row('\x04\x22\x4d\x18', 'FORMAT_COMPRESSED', 'compressed with lz4'),
  ...['\x01', '\x5e', '\x9c', '\xda'].map((level) =>
    row(`\x78${level}`, 'FORMAT_COMPRESSED', 'compressed with zlib, as joblib.dump may do'),
  ),
  ...[0, 512, 1_024, 2_048].map((at) => moved(at, hdf5)),
  row('\x93NUMPY', 'FORMAT_NUMPY', 'a NumPy array (.npy)'),
  row('\x7fELF', 'FORMAT_EXECUTABLE', 'a program or library for Linux (ELF)'),
  row('MZ', 'FORMAT_EXECUTABLE', 'a program or library for Windows (PE)'),
  row('#!', 'FORMAT_EXECUTABLE', 'a script'),
  ...['\xfe\xed\xfa\xce', '\xfe\xed\xfa\xcf', '\xce\xfa\xed\xfe', '\xcf\xfa\xed\xfe'].map((magic) =>
    row(magic, 'FORMAT_EXECUTABLE', 'a program or library for macOS (Mach-O)'),
  ),
  row('\xca\xfe\xba\xbe', 'FORMAT_EXECUTABLE', 'Java or macOS bytecode'),
  row('\0asm', 'FORMAT_EXECUTABLE', 'WebAssembly'),
  row('GGUF', 'FORMAT_OTHER_MODEL', 'a GGUF model, as llama.cpp loads'),
  // The runtime takes bytes with this mark for its own format, whatever else they are.
  moved(4, row('ORTM', 'FORMAT_OTHER_MODEL', "a model in ONNX Runtime's own format (.ort)")),
  moved(4, row('TFL3', 'FORMAT_OTHER_MODEL', 'a TensorFlow Lite model')),
];

function signature(file: Uint8Array): Refusal | null {
  const found = signatures.find(({ at, bytes }) => standsAt(file, bytes, at));
  return found?.refusal ?? null;
}

function standsAt(file: Uint8Array, bytes: string, at: number): boolean {
  for (let i = 0; i < bytes.length; i += 1) {
    if (file[at + i] !== bytes.charCodeAt(i)) return false;
  }
  return true;
}

/** Formats that take more than a look at fixed bytes. */
function structure(file: Uint8Array): Refusal | null {
  if (standsAt(file, 'PK\x03\x04', 0)) return { code: 'FORMAT_ZIP', what: zipKind(file) };
  if (standsAt(file, 'PK\x05\x06', 0)) return { code: 'FORMAT_ZIP', what: 'an empty zip archive' };
  if (standsAt(file, 'PK\x07\x08', 0)) return { code: 'FORMAT_ZIP', what: 'a split zip archive' };
  if (isTar(file)) return { code: 'FORMAT_TAR', what: 'a tar archive' };
  if (isSafetensors(file)) {
    return { code: 'FORMAT_SAFETENSORS', what: 'a safetensors file: weights without a graph' };
  }
  if (!isPickle(file)) return null;
  return mentions(file, 'joblib')
    ? { code: 'FORMAT_JOBLIB', what: 'a joblib dump, which is a Python pickle' }
    : { code: 'FORMAT_PICKLE', what: 'a Python pickle' };
}

function zipKind(file: Uint8Array): string {
  if (mentions(file, 'data.pkl')) return 'a PyTorch archive, which is a zip with a pickle in it';
  if (mentions(file, '.npy')) return 'a NumPy archive (.npz)';
  if (mentions(file, 'model.weights.h5')) return 'a Keras model (.keras), which is a zip archive';
  if (mentions(file, '.onnx')) return 'a zip archive with an ONNX file in it';
  return 'a zip archive';
}

/** Whether a text stands near the beginning or the end. */
function mentions(file: Uint8Array, name: string): boolean {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, SEARCHED_BYTES));
  const from = Math.max(0, file.length - SEARCHED_BYTES);
  const tail = Buffer.from(file.buffer, file.byteOffset + from, file.length - from);
  return head.includes(name, 0, 'latin1') || tail.includes(name, 0, 'latin1');
}

const TAR_HEADER_BYTES = 512;
const TAR_CHECKSUM_AT = 148;
const TAR_CHECKSUM_BYTES = 8;

/** The checksum in the header is the sum of its bytes, with spaces where the checksum stands. */
function isTar(file: Uint8Array): boolean {
  const looks = standsAt(file, 'ustar', 257);
  if (file.length < TAR_HEADER_BYTES) return looks && file.length > 262 && (file[0] ?? 0) > 0x20;
  let sum = 0;
  for (let i = 0; i < TAR_HEADER_BYTES; i += 1) {
    const inSum = i >= TAR_CHECKSUM_AT && i < TAR_CHECKSUM_AT + TAR_CHECKSUM_BYTES;
    sum += inSum ? 0x20 : (file[i] ?? 0);
  }
  const field = file.subarray(TAR_CHECKSUM_AT, TAR_CHECKSUM_AT + TAR_CHECKSUM_BYTES);
  const written = /^ *([0-7]+)[ \0]/.exec(String.fromCharCode(...field))?.[1];
  const holds = written !== undefined && Number.parseInt(written, 8) === sum;
  // A header without a name begins with a zero byte, and so does no model.
  return holds || (looks && (file[0] ?? 0) > 0x20);
}

/** Eight bytes of length, then so much JSON. */
function isSafetensors(file: Uint8Array): boolean {
  if (file.length < 10 || file[8] !== 0x7b) return false;
  const view = new DataView(file.buffer, file.byteOffset, 8);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  return length >= 2 && length <= 1e9;
}

/** Control characters other than tab, line feed, form feed and the like. */
const isNotText = (byte: number): boolean => byte < 0x09 || (byte > 0x0d && byte < 0x20);

function text(file: Uint8Array): Refusal | null {
  if (standsAt(file, '\xff\xfe', 0) || standsAt(file, '\xfe\xff', 0)) {
    return { code: 'FORMAT_TEXT', what: 'text in UTF-16' };
  }
  const bytes = file.subarray(0, TEXT_BYTES);
  if (bytes.some(isNotText)) return null;
  let head: string;
  try {
    const rest = { stream: file.length > TEXT_BYTES };
    head = new TextDecoder('utf-8', { fatal: true }).decode(bytes, rest);
  } catch {
    return null;
  }
  return { code: 'FORMAT_TEXT', what: textKind(head.trimStart()) };
}

function textKind(head: string): string {
  if (head.startsWith('version https://git-lfs.github.com/')) {
    return 'a Git LFS pointer, not what it points to';
  }
  if (/^[{[]/.test(head)) return 'JSON';
  if (/^<\s*(!doctype\s+)?html/i.test(head)) return 'a web page';
  if (/^<\s*(ir_version|\/?\w+\s*:)/.test(head)) return "ONNX's textual form";
  if (head.startsWith('<')) return 'XML';
  return 'text';
}

/** Field 1 of an ONNX model is a number, so what begins with a part of several bytes is none. */
const otherProtobuf = (file: Uint8Array): Refusal | null =>
  file[0] === 0x0a
    ? { code: 'FORMAT_OTHER_MODEL', what: 'a protobuf that is no ONNX model, as TensorFlow writes' }
    : null;
