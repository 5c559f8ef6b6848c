import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A runner process as the system gives it. */
export type RunnerProcess = {
  /** 0 when it could not be started. */
  readonly pid: number;
  /** Both directions of the link. */
  readonly link: Socket;
  /** Resolves with how it ended, in words; never rejects. */
  readonly ended: Promise<string>;
  /** Ends it at once. */
  kill(): void;
};

/** What a runner process is started with. */
export type RunnerOptions = {
  /** Memory the model may take on top of an idle runner. */
  readonly memoryBytesMax: number;
  /** An existing folder; the process gets an empty one of its own in it to stand in. */
  readonly scratch: string;
};

/**
 * Data memory of an idle runner as `ulimit -d` counts it: mostly address space that the JavaScript
 * engine reserves and never touches. Measured with Node 24 and ONNX Runtime 1.30: 577 MB.
 */
const IDLE_DATA_BYTES = 640 * 1024 * 1024;
/** Strings of one request and of its answer live on the JavaScript heap; little else does. */
const HEAP_MB_MAX = 512;
const STDERR_CHARS_MAX = 2_000;
const FOLDER_PREFIX = 'runner-';

const source = new URL('../../../runner/main.ts', import.meta.url);
/** The runner beside this file: as source, or as it was built. */
const entry = fileURLToPath(
  import.meta.url.endsWith('.ts') ? source : source.href.replace(/\.ts$/, '.js'),
);

/**
 * Sets limits, then becomes the runner. No core dumps: they hold inputs. When memory runs out, the
 * system should take a runner before it takes the gateway. A runner stuck in native code cannot
 * notice that its gateway is gone, so the kernel is asked to end it then; where that cannot be
 * asked, a shell watches.
 */
const SCRIPT = `
data=$1; shift
ulimit -c 0
ulimit -d "$data" 2>/dev/null
{ echo 500 >/proc/self/oom_score_adj; } 2>/dev/null
if setpriv --pdeathsig KILL true 2>/dev/null; then exec setpriv --pdeathsig KILL "$@"; fi
gateway=$PPID
( exec 2>&- 3>&-
  while kill -0 $$; do
    if ! kill -0 "$gateway"; then kill -9 $$; fi
    sleep 1
  done ) &
exec "$@"
`;

/** Makes the folder for runners' folders, and removes what a process that was ended left in it. */
export function clearScratch(scratch: string): void {
  mkdirSync(scratch, { recursive: true });
  for (const name of readdirSync(scratch)) {
    if (name.startsWith(FOLDER_PREFIX))
      rmSync(join(scratch, name), { recursive: true, force: true });
  }
}

/** Starts a runner: no secrets in its environment, an empty folder of its own, capped memory. */
export function startRunner({ memoryBytesMax, scratch }: RunnerOptions): RunnerProcess {
  const folder = mkdtempSync(join(scratch, FOLDER_PREFIX));
  const dataKilobytes = Math.ceil((memoryBytesMax + IDLE_DATA_BYTES) / 1024);
  const node = [process.execPath, `--max-old-space-size=${HEAP_MB_MAX}`, entry];
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'runner', String(dataKilobytes), ...node], {
    cwd: folder,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const link = child.stdio[3] as Socket;
  // The end of the process says all there is to say; errors of the link only announce it.
  link.on('error', () => {});
  const ended = endOf(child).finally(() => rmSync(folder, { recursive: true, force: true }));
  return {
    pid: child.pid ?? 0,
    link,
    ended,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

async function endOf(child: ChildProcess): Promise<string> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    // Not `exit`: what it still answered and said arrives after its end.
    child.once('close', (code, signal) => resolve(said(code, signal, stderr)));
  });
}

function said(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const isOutOfMemory = /out of memory|bad_alloc|allocation failed/i.test(stderr);
  return isOutOfMemory ? `ran out of memory (${how})` : how;
}
