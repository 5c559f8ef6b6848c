import { basename } from 'node:path/posix';
import { isCode, isTest, lineAt } from './source.ts';
import type { Rule, SourceFile } from './source.ts';

const columnsMax = 100;
const linesMax = 400;

/** Lines of code fit a hundred columns; the formatter cannot break a long string or comment. */
export const columns: Rule = (files) =>
  files
    .filter((file) => isCode(file))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const faulty = line.length > columnsMax;
        return faulty ? [`${path}:${index + 1}: longer than ${columnsMax} columns`] : [];
      }),
    );

/** A file which needs scrolling hides something, in a test as elsewhere. */
export const fileLength: Rule = (files) =>
  files
    .filter((file) => isCode(file))
    .flatMap(({ path, text }) => {
      const lines = text.trimEnd().split('\n').length;
      return lines > linesMax ? [`${path}: ${lines} lines, at most ${linesMax}`] : [];
    });

/** Places in the code (never in comments or strings) that match, each with the same complaint. */
function inCode(pattern: RegExp, complaint: string): Rule {
  return (files) =>
    files.flatMap(({ path, code }) =>
      [...code.matchAll(pattern)].map(
        ({ index }) => `${path}:${lineAt(code, index)}: ${complaint}`,
      ),
    );
}

/** Node strips types and nothing else: syntax which needs a compiler does not run. */
export const erasable: Rule = (files) => [
  ...inCode(/\benum\s+\w+\s*\{/g, 'an enum is not erasable; use a union of literals')(files),
  ...inCode(/\b(?:namespace|module)\s+[\w.]+\s*\{/g, 'a namespace is not erasable')(files),
  ...inCode(/^\s*@\w+/gm, 'a decorator does not run')(files),
  ...inCode(
    /constructor\s*\(\s*(?:[^(){}]*,\s*)?(?:public|private|protected|readonly)\s/g,
    'a parameter property is not erasable',
  )(files),
];

/** `any` turns the checker off for everything it touches. */
export const noAny: Rule = inCode(
  /(?:[:<,|&(=]|\bas|\breadonly)\s*any\b(?!\s*[:(.=])/g,
  '`any` is not a type; use `unknown` and parse',
);

/** An export has one name everywhere; the test runner's configuration alone must be a default. */
export const noDefaultExport: Rule = (files) =>
  inCode(
    /\bexport\s+default\b|\bas\s+default\b/g,
    'no default exports',
  )(files.filter(({ path }) => !/(^|\/)\w+\.config\.ts$/.test(path)));

/** A file of re-exports hides where things are and makes cycles. */
export const noBarrel: Rule = (files) =>
  files
    .filter((file) => isCode(file))
    .flatMap(({ path, code }) => {
      const reExport =
        /\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s*'[^']*';?/g;
      const isBarrel = reExport.test(code) && code.replaceAll(reExport, '').trim() === '';
      return isBarrel || /\bexport\s+\*/.test(code) ? [`${path}: a barrel file`] : [];
    });

/** A rule that hurts is changed for everybody: nobody switches it off for a line. */
export const noSwitchingOff: Rule = (files) =>
  inText(
    /(?:oxlint|eslint)-disable|@ts-(?:ignore|nocheck)/g,
    'a check is switched off; mend the code or change the rule',
  )(files.filter((file) => isCode(file)));

function inText(pattern: RegExp, complaint: string): Rule {
  return (files) =>
    files.flatMap(({ path, text }) =>
      [...text.matchAll(pattern)].map(
        ({ index }) => `${path}:${lineAt(text, index)}: ${complaint}`,
      ),
    );
}

/** What is not done belongs in the tracker; what is here works. */
export const noPromises: Rule = (files) =>
  inText(
    /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/g,
    'unfinished work is noted',
  )(files.filter(({ path }) => path !== 'package-lock.json' && path !== 'LICENSE'));

/** Nobody else's machine has our folders. */
export const noMachinePaths: Rule = inText(
  /(?<![\w.~}$)\]*/-])\/(?:work|tmp|root|Users)\/[\w.]/g,
  'an absolute path of one machine',
);

const drawers = /(^|[-_.])(utils?|helpers?|common|misc|managers?)([-_.]|$)/i;

/** A drawer gathers what nobody found a place for: a name says what is inside. */
export const noDrawers: Rule = (files) =>
  files
    .filter(({ path }) => !path.startsWith('docs/'))
    .filter(({ path }) => path.split('/').some((segment) => drawers.test(segment)))
    .map(({ path }) => `${path}: the name does not say what is inside`);

/** Files are named in kebab-case, after their main noun. */
export const kebabNames: Rule = (files) =>
  files
    .filter(({ path }) => /^(src|sdk|test|bench|tools)\/.*\.ts$/.test(path))
    .filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/.test(basename(path)))
    .map(({ path }) => `${path}: not kebab-case`);

const impurities: readonly (readonly [RegExp, string])[] = [
  [/\b(?:async|await)\b/g, 'the core is synchronous'],
  [/\bPromise\b/g, 'the core is synchronous'],
  [/\bDate\b/g, 'the core gets the time as an argument'],
  [/\bperformance\b\s*\./g, 'the core gets the time as an argument'],
  [/\bMath\s*\.\s*random\b/g, 'the core gets chance as a seeded generator'],
  [/\bprocess\s*\./g, 'the core does not know its process'],
  [/\b(?:fetch|setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/g, 'the core does nothing'],
];

/** The core decides; it neither waits, nor looks at a clock, nor rolls dice. */
export const pureCore: Rule = (files) => {
  const core = files.filter((file) => file.path.startsWith('src/core/') && !isTest(file));
  return impurities.flatMap(([pattern, complaint]) => inCode(pattern, complaint)(core));
};

/** Tests run all, and run the real thing or a fake which passes its port's contract. */
export const honestTests: Rule = (files) => {
  const tests = files.filter((file): file is SourceFile => isCode(file) && isTest(file));
  return [
    ...inCode(/\b(?:test|it|describe)\.(?:only|skip|todo|fails)\b/g, 'a test is left out')(tests),
    ...inCode(/\bvi\.(?:mock|fn|spyOn|stubGlobal)\b/g, 'a mock; use a fake that is tested')(tests),
  ];
};
