import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { freemem } from 'node:os';

/** What the system says about a process. */
export type ProcessUse = { readonly rssBytes: number; readonly cpuMs: number };

const PAGE_BYTES = 4096;
const TICK_MS = 10;

/** Resident memory and processor time of a process; zeros where the system does not tell. */
export function processUse(pid: number): ProcessUse {
  const statm = read(`/proc/${pid}/statm`);
  const stat = read(`/proc/${pid}/stat`);
  const pages = Number(statm.split(' ')[1] ?? 0);
  // The name of the program may contain spaces; the fields behind it are counted from its bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  return { rssBytes: pages * PAGE_BYTES, cpuMs: ticks * TICK_MS };
}

/** Highest resident memory a process ever had; 0 where the system does not tell. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Nanoseconds the main thread of a process spent on a processor; null where that is not told. */
export function onProcessorNs(pid: number): number | null {
  const spent = read(`/proc/${pid}/schedstat`).split(' ')[0];
  return spent === undefined || spent === '' ? null : Number(spent);
}

/** Longest line of three numbers. */
const LINE_BYTES = 96;

/** How long the main thread of a process was ready to run and was not let; often asked. */
export class RunDelay {
  readonly #line = Buffer.alloc(LINE_BYTES);
  #file: number | null = null;

  constructor(pid: number) {
    try {
      this.#file = openSync(`/proc/${pid}/schedstat`, 'r');
    } catch {
      // It is not told here, or there is no such process.
    }
  }

  /** Nanoseconds since it began; null where that is not told. */
  ns(): number | null {
    if (this.#file === null) return null;
    try {
      const length = readSync(this.#file, this.#line, 0, LINE_BYTES, 0);
      const spent = Number(this.#line.toString('latin1', 0, length).split(' ')[1]);
      return Number.isFinite(spent) ? spent : null;
    } catch {
      return null;
    }
  }

  /** To be called once the process has ended. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

/** Memory a new process could take without anyone being ended for it: of the machine, or of the
 * control group when that has less. */
export function availableBytes(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo'))?.[1];
  const machine = kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
  return Math.min(
    machine,
    groupBytes('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory.current'),
    groupBytes(
      '/sys/fs/cgroup/memory/memory.limit_in_bytes',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes',
    ),
  );
}

function groupBytes(limitPath: string, usedPath: string): number {
  const limit = Number.parseInt(read(limitPath), 10);
  const used = Number.parseInt(read(usedPath), 10);
  return Number.isFinite(limit) && Number.isFinite(used) ? limit - used : Number.POSITIVE_INFINITY;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
