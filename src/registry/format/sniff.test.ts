import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { model } from '../../../test/fuzz/onnx-writer.ts';
import { isPickle } from './pickle.ts';
import { otherFormat } from './sniff.ts';

const base64 = (content: string): Uint8Array => Buffer.from(content, 'base64');
const latin1 = (content: string): Uint8Array => Buffer.from(content, 'latin1');

/** Pickles of an object that calls `print` when it is loaded, as Python writes them. */
const calling = [
  { protocol: 0, file: base64('Y19fYnVpbHRpbl9fCnByaW50CnAwCihWeApwMQp0cDIKUnAzCi4=') },
  { protocol: 1, file: base64('Y19fYnVpbHRpbl9fCnByaW50CnEAKFgBAAAAeHEBdHECUnEDLg==') },
  { protocol: 2, file: base64('gAJjX19idWlsdGluX18KcHJpbnQKcQBYAQAAAHhxAYVxAlJxAy4=') },
  { protocol: 3, file: base64('gANjYnVpbHRpbnMKcHJpbnQKcQBYAQAAAHhxAYVxAlJxAy4=') },
  {
    protocol: 4,
    file: base64('gASVHgAAAAAAAACMCGJ1aWx0aW5zlIwFcHJpbnSUk5SMAXiUhZRSlC4='),
  },
  {
    protocol: 5,
    file: base64('gAWVHgAAAAAAAACMCGJ1aWx0aW5zlIwFcHJpbnSUk5SMAXiUhZRSlC4='),
  },
];

/** Pickles of a dictionary and of a number, which call nothing. */
const plain = [
  { protocol: 0, file: base64('KGRwMApWYQpwMQoobHAyCkkxCmFGMi41CmFWeApwMwphTmFJMDEKYXMu') },
  { protocol: 0, file: latin1('I42\n.') },
  { protocol: 1, file: base64('fXEAWAEAAABhcQFdcQIoSwFHQAQAAAAAAABYAQAAAHhxA05JMDEKZXMu') },
  { protocol: 2, file: base64('gAJ9cQBYAQAAAGFxAV1xAihLAUdABAAAAAAAAFgBAAAAeHEDTohlcy4=') },
];

describe('a pickle', () => {
  test.for([...calling, ...plain])('of protocol $protocol is recognised', ({ file }) => {
    expect(otherFormat(file)?.code).toBe('FORMAT_PICKLE');
  });

  test.for(calling)('of protocol $protocol is recognised when it is broken behind', ({ file }) => {
    const broken = Buffer.concat([file.subarray(0, -1), Buffer.from([0xff, 0xff, 0xff])]);
    expect(otherFormat(broken)?.code).toBe('FORMAT_PICKLE');
  });

  test.for(calling)('of protocol $protocol is recognised with bytes behind', ({ file }) => {
    const longer = Buffer.concat([file, new Uint8Array(1_000).fill(0x5a)]);
    expect(otherFormat(longer)?.code).toBe('FORMAT_PICKLE');
  });

  test('that names joblib is a joblib dump', () => {
    const file = latin1('\x80\x04\x8c\x12joblib.numpy_pickle\x94.');
    expect(otherFormat(file)?.code).toBe('FORMAT_JOBLIB');
  });

  test.for([
    { what: 'prose', file: latin1('Not found.\n') },
    { what: 'a table', file: latin1('col\nname\n1,2\n') },
    { what: 'JSON', file: latin1('{"a": [1, 2]}') },
    { what: 'a model', file: model() },
    { what: 'a full stop', file: latin1('.') },
    { what: 'nothing', file: latin1('') },
  ])('is not seen in $what', ({ file }) => {
    expect(isPickle(file)).toBe(false);
  });

  test('is looked for in bounded work, whatever the bytes', () => {
    expect(isPickle(new Uint8Array(1 << 20).fill('N'.charCodeAt(0)))).toBe(true);
    expect(isPickle(new Uint8Array(1 << 20).fill('I'.charCodeAt(0)))).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (file) => {
        expect(isPickle(file)).toBeTypeOf('boolean');
      }),
    );
  });
});

/** The header of a tar file as `tar --format=ustar` writes it, for a file `m.pkl` of 3 bytes. */
function tarHeader(): Uint8Array {
  const header = Buffer.alloc(1_024);
  header.write('m.pkl');
  header.write('0000644\x000000000\x000000000\x0000000000003\x0000000000000\x00', 100, 'latin1');
  header.write('        0', 148);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

const safetensors = (): Uint8Array => {
  const header = latin1('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(4)]);
};

const zipOf = (name: string): Uint8Array =>
  latin1(`PK\x03\x04\x14${'\0'.repeat(21)}${String.fromCharCode(name.length)}\0\0\0${name}content`);

const formats = [
  { what: 'nothing', code: 'FORMAT_EMPTY', file: latin1('') },
  { what: 'zip of PyTorch', code: 'FORMAT_ZIP', says: 'PyTorch', file: zipOf('a/data.pkl') },
  { what: 'zip of NumPy', code: 'FORMAT_ZIP', says: 'npz', file: zipOf('arr_0.npy') },
  { what: 'zip of Keras', code: 'FORMAT_ZIP', says: 'Keras', file: zipOf('model.weights.h5') },
  { what: 'zip of ONNX', code: 'FORMAT_ZIP', says: 'ONNX', file: zipOf('m.onnx') },
  { what: '7z', code: 'FORMAT_7Z', file: latin1("7z\xbc\xaf'\x1c\0\x04") },
  { what: 'tar', code: 'FORMAT_TAR', file: tarHeader() },
  { what: 'gzip', code: 'FORMAT_COMPRESSED', says: 'gzip', file: gzipSync('x') },
  { what: 'zlib', code: 'FORMAT_COMPRESSED', says: 'joblib', file: deflateSync('x') },
  { what: 'HDF5', code: 'FORMAT_HDF5', file: latin1('\x89HDF\r\n\x1a\n\0\0') },
  {
    what: 'HDF5 behind other bytes',
    code: 'FORMAT_HDF5',
    file: Buffer.concat([Buffer.alloc(512), latin1('\x89HDF\r\n\x1a\n')]),
  },
  { what: 'safetensors', code: 'FORMAT_SAFETENSORS', file: safetensors() },
  { what: 'NumPy array', code: 'FORMAT_NUMPY', file: latin1('\x93NUMPY\x01\0') },
  { what: 'ELF', code: 'FORMAT_EXECUTABLE', file: latin1('\x7fELF\x02') },
  { what: 'PE', code: 'FORMAT_EXECUTABLE', file: latin1('MZ\x90\0') },
  { what: 'script', code: 'FORMAT_EXECUTABLE', file: latin1('#!/bin/sh\n') },
  { what: 'JSON', code: 'FORMAT_TEXT', says: 'JSON', file: latin1(' [1, 2]') },
  { what: 'web page', code: 'FORMAT_TEXT', says: 'web page', file: latin1('<!doctype html><p>') },
  { what: 'UTF-16', code: 'FORMAT_TEXT', file: latin1('\xff\xfea\0') },
  { what: 'long text', code: 'FORMAT_TEXT', file: Buffer.from('é'.repeat(5_000)) },
  { what: 'TensorFlow graph', code: 'FORMAT_OTHER_MODEL', file: latin1('\n\x02\n\x00') },
  { what: 'GGUF', code: 'FORMAT_OTHER_MODEL', file: latin1('GGUF\x03\0\0\0') },
];

test.for(formats)('$what is $code', ({ file, code, says }) => {
  expect(otherFormat(file)).toEqual({ code, what: expect.stringContaining(says ?? '') });
});

test('a model that the runtime would take for its own format is refused', () => {
  const file = Buffer.concat([latin1('\x08\x08\x12\x08'), latin1('ORTM1234'), model().subarray(2)]);
  expect(otherFormat(file)?.code).toBe('FORMAT_OTHER_MODEL');
});

test('a model is not taken for anything else', () => {
  expect(otherFormat(model())).toBeNull();
});
