import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readInstance } from '../../src/runtime/instance-lock.ts';
import { pageBlocks, promisedLines, saidLines, type Block } from '../docs/page.ts';
import { until } from './until.ts';

// The tutorial, as a reader would follow it: each command in a shell, in the order of the page.

const root = join(import.meta.dirname, '..', '..');
const data = mkdtempSync(join(tmpdir(), 'understudy-start-'));
const BLOCK_MS = 240_000;

const running: ChildProcess[] = [];
let predict = '';

afterAll(async () => {
  for (const child of running.toReversed()) await end(child);
  rmSync(data, { recursive: true, force: true });
});

type Ran = { readonly code: number | null; readonly output: string };

type Running = {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<Ran>;
};

/** Runs a command of the page, on this run's ports and data. */
function shell(command: string): Running {
  const child = spawn('bash', ['-c', command.replaceAll('http://127.0.0.1:8080', predict)], {
    cwd: root,
    // A group of its own: `npx` does not pass on every signal.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      UNDERSTUDY_DATA: data,
      UNDERSTUDY_PREDICT_PORT: '0',
      UNDERSTUDY_ADMIN_PORT: '0',
      UNDERSTUDY_PREDICT_WORKERS: '1',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
  return { child, said: () => output, ended };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.kill(-child.pid, 'SIGTERM');
  await ended;
}

/** A command that goes on: its part is done when it has said what the page shows. */
async function background(block: Block): Promise<void> {
  const { child, said, ended } = shell(block.text);
  running.push(child);
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  await until(
    () => {
      if (hasEnded) throw new Error(said());
      const lines = new Set(saidLines(said()));
      return promisedLines(block.shows).every((line) => lines.has(line));
    },
    { what: `it says ${block.shows}` },
  );
  predict ||= (await readInstance(join(data, 'supervisor.sock')))?.predict ?? '';
}

const blocks = pageBlocks(readFileSync(join(root, 'docs', 'start.md'), 'utf8'));
// `npm ci` would pull the packages away from under the test that runs.
const commands = blocks.filter(
  ({ language, text }) => language === 'sh' && !text.startsWith('npm ci'),
);

beforeAll(() => {
  if (commands.length < 8) throw new Error('the commands of docs/start.md are not found');
});

test.for(commands)('line $line of docs/start.md', { timeout: BLOCK_MS }, async (block) => {
  if (block.words.includes('background')) return background(block);
  const { code, output } = await shell(`set -e\n${block.text}`).ended;
  const wanted = block.words.find((word) => word.startsWith('exit='))?.slice('exit='.length) ?? '0';
  expect(`${code}\n${output}`).toMatch(new RegExp(`^${wanted}\n`));
  expect(saidLines(output)).toEqual(expect.arrayContaining([...promisedLines(block.shows)]));
});
