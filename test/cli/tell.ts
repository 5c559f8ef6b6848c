import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CliParts } from '../../src/cli/parts.ts';
import { startAdminServer } from '../http/admin-server.ts';
import type { AdminServer, Replies } from '../http/admin-server.ts';
import { run } from './run.ts';
import type { Ran } from './run.ts';

/** What a command did, and what it asked of control. */
export type Told = Ran & { readonly admin: AdminServer };

/** Runs a command against an admin API with prepared answers, which closes with the test. */
export async function tell(
  argv: readonly string[],
  replies: Replies,
  parts: Partial<CliParts> = {},
): Promise<Told> {
  const admin = await startAdminServer(replies);
  onTestFinished(admin.close);
  const environment = { UNDERSTUDY_TOKEN: 'ust_1', UNDERSTUDY_SERVER: admin.url };
  return { ...(await run(argv, { environment, ...parts })), admin };
}

/** A new folder of its own. */
export const folder = (): string => mkdtempSync(join(tmpdir(), 'understudy-cli-'));

/** Writes a file into a folder of its own; the path. */
export function fileWith(name: string, content: string): string {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
}
