import { accessSync, constants, readFileSync, readdirSync, statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkup, Finding } from './doctor-finding.ts';
import { fine } from './doctor-finding.ts';
import type { Session } from './session.ts';
import { bytes, duration } from './wording.ts';

const OTHERS = 0o077;

/** Whether the data directory is there, ours, and nobody else's. */
export const dataChecks: Checkup = async (session) => {
  const root = session.inData();
  const found = statOrNull(root);
  if (found === null) return [fine('data directory', `${root} will be made at the first start`)];
  const findings = [directoryFinding(root, found.mode)];
  for (const name of ['admin.token', 'secret']) {
    const file = statOrNull(join(root, name));
    if (file !== null) findings.push(secretFinding(join(root, name), file.mode));
  }
  return findings;
};

function directoryFinding(root: string, mode: number): Finding {
  const check = 'data directory';
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const fix = `Make it yours: chown -R "$USER" ${root}`;
    return { check, outcome: 'fail', detail: `${root} cannot be read and written by you`, fix };
  }
  if ((mode & OTHERS) === 0) return fine(check, `${root}, only yours`);
  const fix = `chmod 700 ${root}`;
  return { check, outcome: 'note', detail: `${root} is open to other users`, fix };
}

function secretFinding(path: string, mode: number): Finding {
  if ((mode & OTHERS) === 0) return fine('secrets', `${path}, only yours`);
  const detail = `${path} can be read by other users`;
  const fix = `chmod 600 ${path}; then revoke the token, or replace the secret`;
  return { check: 'secrets', outcome: 'fail', detail, fix };
}

/** Larger databases are only opened: reading through them would take minutes. */
const CHECKED_BYTES_MAX = 268_435_456;

/** Whether the database opens and is whole. */
export const databaseCheck: Checkup = async (session) => {
  const check = 'database';
  const path = session.inData('understudy.db');
  const found = statOrNull(path);
  if (found === null) return [fine(check, 'there is none yet')];
  try {
    // Loaded only here: other commands need no database.
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const isSmall = found.size <= CHECKED_BYTES_MAX;
      const asked = isSmall ? 'PRAGMA quick_check(1)' : 'PRAGMA schema_version';
      const said = Object.values(database.prepare(asked).get() ?? {})[0];
      if (!isSmall || said === 'ok') return [fine(check, `${path}, ${bytes(found.size)}`)];
      return [broken(path, String(said))];
    } finally {
      database.close();
    }
  } catch (error) {
    return [broken(path, error instanceof Error ? error.message : String(error))];
  }
};

const broken = (path: string, why: string): Finding => ({
  check: 'database',
  outcome: 'fail',
  detail: `${path} cannot be read: ${why}`,
  fix: 'Restore it from a backup; the gateways go on serving from their last table meanwhile.',
});

const FREE_NOTE_BYTES = 1_073_741_824;
const FREE_FAIL_BYTES = 104_857_600;

/** Whether there is room to write. */
export const diskCheck: Checkup = async (session) => {
  const check = 'disk';
  const root = session.inData();
  const { bavail, bsize } = statfsSync(statOrNull(root) === null ? '.' : root);
  const free = bavail * bsize;
  const detail = `${bytes(free)} free`;
  if (free >= FREE_NOTE_BYTES) return [fine(check, detail)];
  const outcome = free < FREE_FAIL_BYTES ? 'fail' : 'note';
  return [{ check, outcome, detail, fix: 'Make room: without it no state change is accepted.' }];
};

/** How new the routing tables of the gateways on this machine are. */
export const tableChecks: Checkup = async (session) => {
  const generation = await generationOf(session);
  const folder = session.inData('gateways');
  return gatewaysIn(folder).flatMap((gateway) => {
    const path = join(folder, gateway, 'table.json');
    const found = statOrNull(path);
    return found === null ? [] : [tableFinding(gateway, path, { generation, at: found.mtimeMs })];
  });
};

/** The newest generation by the control plane; null while it is away. */
async function generationOf(session: Session): Promise<number | null> {
  try {
    return (await (await session.client({ retries: 0 })).status.read()).generation;
  } catch {
    return null;
  }
}

function tableFinding(
  gateway: string,
  path: string,
  newest: { readonly generation: number | null; readonly at: number },
): Finding {
  const check = `table of ${gateway}`;
  const age = `written ${duration(Math.max(0, Date.now() - newest.at))} ago`;
  const generation = /"generation":\s*(\d+)/.exec(readFileSync(path, 'utf8'))?.[1];
  if (generation === undefined) {
    const fix = 'Restart the gateway; it fetches the table anew.';
    return { check, outcome: 'note', detail: `${path} names no generation`, fix };
  }
  const isOld = newest.generation !== null && Number(generation) < newest.generation;
  if (!isOld) return fine(check, `generation ${generation}, ${age}`);
  const detail = `generation ${generation} of ${newest.generation}, ${age}`;
  const fix = 'See `understudy status`: it says whether the gateway lives and what it refuses.';
  return { check, outcome: 'note', detail, fix };
}

function gatewaysIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function statOrNull(path: string) {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
