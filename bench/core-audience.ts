import type { AttributeDeclaration, AttributeValue } from '../src/core/audience/attribute.ts';
import { compileAudience } from '../src/core/audience/compile.ts';
import { TERMS_MAX } from '../src/core/audience/parse.ts';
import { audienceOf } from '../src/gateway/audience.ts';
import { routeSample } from '../test/samples.ts';
import type { Contest } from './side-by-side.ts';

const header = (name: string, type: AttributeDeclaration['type']): AttributeDeclaration => ({
  name,
  type,
  source: { kind: 'header', header: `x-${name}` },
});

const age: AttributeDeclaration = {
  name: 'age',
  type: 'number',
  source: { kind: 'pointer', pointer: '/parameters/user/age' },
};
const attributes = [header('group', 'text'), header('region', 'text'), age];

type Person = readonly [group: string, region: string, years: number | undefined];

const PEOPLE = 4_096;
const groups = ['dev', 'qa', 'power', 'public'];
const regions = ['eu-west', 'eu-north', 'us', 'ap', 'sa'];
/** Their texts are made anew, as those of a request are: no two are one object. */
const people = Array.from({ length: PEOPLE }, (_, i): Person => {
  const fresh = (text: string | undefined): string => Buffer.from(text ?? '').toString();
  const years = i % 11 === 0 ? undefined : 15 + (i % 60);
  return [fresh(groups[i % 4]), fresh(regions[i % 5]), years];
});

const usual = 'region in [eu-west, us] and not (age < 18) or group in [dev, qa]';

/** The usual audience as somebody would write it by hand into the gateway. */
function byHand(values: readonly (AttributeValue | undefined)[]): boolean {
  const [group, region, years] = values;
  if (group === 'dev' || group === 'qa') return true;
  if (region !== 'eu-west' && region !== 'us') return false;
  return typeof years === 'number' && years >= 18;
}

/** As many statements as there may be, all of which have to be looked at. */
const longest = Array.from({ length: TERMS_MAX }, (_, i) => `age != ${i - TERMS_MAX}`).join(
  ' and ',
);

/** The same people as they stand in requests. */
const requests = people.map(([group, region, years]) => ({
  headers: new Map([
    ['x-unit-id', 'somebody'],
    ['x-group', group],
    ['x-region', region],
  ]),
  json: { parameters: { user: { age: years } } },
}));
const isInside = audienceOf({ ...routeSample([9_500, 500]), attributes, audience: usual });

function insideByRequest(count: number): number {
  let inside = 0;
  for (let i = 0; i < count; i += 1) {
    const request = requests[i % PEOPLE];
    if (request !== undefined && isInside?.(request) === true) inside += 1;
  }
  return inside;
}

const counting = (includes: (values: Person) => boolean) => (count: number) => {
  let inside = 0;
  for (let i = 0; i < count; i += 1) {
    const person = people[i % PEOPLE];
    if (person !== undefined && includes(person)) inside += 1;
  }
  return inside;
};

const compiled = (source: string) => counting(compileAudience(source, attributes).includes);
const onlyAge = compileAudience(longest, attributes).includes;

/** Whether somebody is in an audience. */
export const including: Contest = {
  name: 'somebody in an audience',
  ways: [
    { name: 'by hand, in JavaScript', count: 1_000_000, run: counting(byHand) },
    { name: 'four statements, compiled', count: 1_000_000, run: compiled(usual) },
    { name: 'the same, read from a request', count: 500_000, run: insideByRequest },
    {
      name: `${TERMS_MAX} statements, compiled`,
      count: 200_000,
      run: counting(([, , years]) => onlyAge([years])),
    },
  ],
};
