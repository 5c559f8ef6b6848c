import { describe, expect, test } from 'vitest';
import type { Datatype } from '../../core/catalog/signature.ts';
import { parseJson } from './json-body.ts';
import { dataJson, nestedJson, tensorFromJson } from './tensor-json.ts';
import type { Tensor } from './tensor.ts';

const read = (datatype: Datatype, text: string, shape?: readonly number[]): Tensor => {
  const data = parseJson(text, true);
  const length = Array.isArray(data) ? data.length : 0;
  return tensorFromJson({ name: 'x', datatype, shape: shape ?? [length] }, data, 'inputs[0].data');
};

describe('what is in range is read and written as it was', () => {
  test.for([
    { type: 'BOOL', text: '[true,false]' },
    { type: 'UINT8', text: '[0,255]' },
    { type: 'UINT16', text: '[0,65535]' },
    { type: 'UINT32', text: '[0,4294967295]' },
    { type: 'UINT64', text: '[0,9007199254740993,18446744073709551615]' },
    { type: 'INT8', text: '[-128,127]' },
    { type: 'INT16', text: '[-32768,32767]' },
    { type: 'INT32', text: '[-2147483648,2147483647]' },
    { type: 'INT64', text: '[-9223372036854775808,9007199254740993,9223372036854775807]' },
    { type: 'FP16', text: '[1.5,-0.25,65504]' },
    { type: 'FP32', text: '[1.5,-0.25]' },
    { type: 'FP64', text: '[0.1,1.7976931348623157e+308,12345678901234567000]' },
    { type: 'BYTES', text: '["","ä","😀\\u0000"]' },
  ] as const)('$type', ({ type, text }) => {
    expect(dataJson(read(type, text))).toBe(text);
  });
});

describe('what is not is refused, by place', () => {
  test.for([
    { type: 'BOOL', text: '[true,2]' },
    { type: 'BOOL', text: '[true,"false"]' },
    { type: 'UINT8', text: '[0,256]' },
    { type: 'UINT8', text: '[0,-1]' },
    { type: 'UINT8', text: '[0,1.5]' },
    { type: 'UINT32', text: '[0,4294967296]' },
    { type: 'UINT64', text: '[0,18446744073709551616]' },
    { type: 'UINT64', text: '[0,-1]' },
    { type: 'INT8', text: '[0,128]' },
    { type: 'INT32', text: '[0,2147483648]' },
    { type: 'INT64', text: '[0,9223372036854775808]' },
    { type: 'INT64', text: '[0,1.5]' },
    { type: 'INT64', text: '[0,1e18]' },
    { type: 'FP16', text: '[0,65520]' },
    { type: 'FP32', text: '[0,1e39]' },
    { type: 'FP32', text: '[0,"1"]' },
    { type: 'FP32', text: '[0,null]' },
    { type: 'FP32', text: '[0,true]' },
    { type: 'FP32', text: '[0,{}]' },
    { type: 'FP64', text: '[0,1e400]' },
    { type: 'BYTES', text: '["a",1]' },
    { type: 'BYTES', text: '["a","\\ud800"]' },
  ] as const)('$type $text', ({ type, text }) => {
    const refused = expect.objectContaining({
      code: 'TENSOR_INVALID',
      path: 'inputs[0].data[1]',
    });
    expect(() => read(type, text)).toThrow(refused);
  });
});

describe('lists may be nested as the shape says', () => {
  test.for([
    { shape: [2, 2], text: '[1,2,3,4]' },
    { shape: [2, 2], text: '[[1,2],[3,4]]' },
    { shape: [1, 2, 2], text: '[[[1,2],[3,4]]]' },
  ])('$text is $shape', ({ shape, text }) => {
    expect(Array.from(read('FP32', text, shape).data as ArrayLike<unknown>)).toEqual([1, 2, 3, 4]);
  });

  test.for([
    { shape: [2, 3], text: '[[1,2],[3,4],[5,6]]' },
    { shape: [2, 2], text: '[[1,2],[3]]' },
    { shape: [2, 2], text: '[[1,2],3,4]' },
    { shape: [2, 2], text: '[1,2,[3,4]]' },
    { shape: [2], text: '[[1,2]]' },
    { shape: [2], text: '[1,2,3]' },
    { shape: [3], text: '[1,2]' },
    { shape: [], text: '[1,2]' },
    { shape: [1], text: '7' },
    { shape: [1], text: '{"0":1}' },
  ])('$text is not $shape', ({ shape, text }) => {
    const refused = expect.objectContaining({ code: 'TENSOR_INVALID' });
    expect(() => read('FP32', text, shape)).toThrow(refused);
  });
});

test.for([
  { shape: [], text: '7' },
  { shape: [1], text: '[7]' },
  { shape: [2, 2], text: '[[1,2],[3,4]]' },
  { shape: [2, 1, 2], text: '[[[1,2]],[[3,4]]]' },
  { shape: [0], text: '[]' },
  { shape: [2, 0], text: '[[],[]]' },
])('$shape is written as $text', ({ shape, text }) => {
  const data = Float32Array.from((text.match(/\d/g) ?? []).map(Number));
  expect(nestedJson({ name: 'x', datatype: 'FP32', shape, data })).toBe(text);
});
