import { expect, test } from 'vitest';
import { refSample, versionSample } from '../../../test/samples.ts';
import { refOf, sameVersion, versionName } from './version.ts';

test('a version is named by model and number, and referred to with its digest', () => {
  expect(versionName(versionSample(3))).toBe('tumour@3');
  expect(refOf(versionSample(3))).toEqual(refSample(3));
});

test.each([
  { name: 'the same', other: refSample(3), same: true },
  { name: 'another number', other: refSample(4), same: false },
  { name: 'another model', other: refSample(3, 'churn'), same: false },
  { name: 'other bytes under the same name', other: { ...refSample(3), digest: 'x' }, same: false },
])('$name', ({ other, same }) => {
  expect(sameVersion(refSample(3), other)).toBe(same);
});
