import { describe, expect, test } from 'vitest';
import { admitHead, admitMediaType } from './admit.ts';
import { matchPath } from './paths.ts';

const limits = { headersMax: 10, bodyBytesMax: 1_000 };
const head = (headers: readonly string[], over: object = {}) =>
  admitHead(
    {
      method: 'POST',
      target: '/v2',
      httpVersion: '1.1',
      rawHeaders: ['Host', 'a', ...headers],
      ...over,
    },
    limits,
  );

test('names are lower case; repeated lists are joined', () => {
  const { headers } = head(['X-A', '1', 'x-a', '2', '__proto__', 'z']);
  expect([...headers]).toEqual([
    ['host', 'a'],
    ['x-a', '1, 2'],
    ['__proto__', 'z'],
  ]);
});

describe('a repeated header that must be one is refused', () => {
  test.for(['host', 'content-type', 'inference-header-content-length', 'x-request-id'])(
    '%s',
    (name) => {
      expect(() => head([name, 'a', name.toUpperCase(), 'a'])).toThrow(
        expect.objectContaining({ code: 'HTTP_REFUSED' }),
      );
    },
  );
});

const outcomeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('content types', () => {
  test.for([
    { type: undefined, isRead: true },
    { type: 'application/json', isRead: true },
    { type: 'Application/JSON; charset=UTF-8', isRead: true },
    { type: 'application/vnd.a+json', isRead: true },
    { type: 'application/octet-stream', isRead: true },
    { type: 'application/json; charset=latin1', isRead: false },
    { type: 'application/x-www-form-urlencoded', isRead: false },
    { type: 'multipart/form-data; boundary=x', isRead: false },
    { type: 'text/html', isRead: false },
    { type: '', isRead: false },
  ])('$type: $isRead', ({ type, isRead }) => {
    const headers = new Map(type === undefined ? [] : [['content-type', type]]);
    const refused = expect.objectContaining({ code: 'MEDIA_TYPE_UNSUPPORTED' });
    const admit = (): string => {
      admitMediaType(headers);
      return 'read';
    };
    expect(outcomeOf(admit)).toEqual(isRead ? 'read' : refused);
  });
});

describe('paths', () => {
  test.for([
    { target: '/v2/models/a%20b/infer?x=1', operation: 'infer', name: 'a b', version: null },
    { target: '/v2/models/m/versions/v1.2/infer', operation: 'infer', name: 'm', version: 'v1.2' },
    { target: '/v1/endpoints/e/predict', operation: 'predictEndpoint', name: 'e', version: null },
    { target: '/predict/', operation: 'predict', name: '', version: null },
  ])('$target', ({ target, ...match }) => {
    expect(matchPath('POST', target)).toEqual(match);
  });

  test('a head request is answered like a get', () => {
    expect(matchPath('HEAD', '/v2').operation).toBe('serverMetadata');
  });
});
