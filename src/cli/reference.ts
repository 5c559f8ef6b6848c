import type { Client } from '../../sdk/client.ts';
import { UnderstudyError } from '../../sdk/error.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { durationSchema, rateSchema } from '../protocol/admin/quantities.ts';
import { Fault } from '../protocol/errors.ts';

/** `model@3`, `model@label`, `model@alias`, or `model` alone: the newest version. */
export type VersionWord = { readonly model: string; readonly pick: string | null };

/** Reads how people write a version. */
export function versionWord(word: string): VersionWord {
  const at = word.indexOf('@');
  if (at === -1) return { model: word, pick: null };
  const pick = word.slice(at + 1);
  if (at > 0 && pick !== '') return { model: word.slice(0, at), pick };
  throw new Fault('USAGE', `${word} is not MODEL, MODEL@3, MODEL@label or MODEL@alias`);
}

/** The version a word means. */
export function readVersion(client: Client, word: string): Promise<CallAnswer<'version.read'>> {
  const { model, pick } = versionWord(word);
  return client.version.read({ params: { model, version: pick ?? 'latest' } });
}

type RolloutBody = CallAnswer<'rollout.read'>;

/**
 * The rollout a word means: its id, or an endpoint, which stands for its rollout in progress, else
 * for the first in its queue, else for its last one.
 */
export async function readRollout(client: Client, word: string): Promise<RolloutBody> {
  try {
    return await client.rollout.read({ params: { rollout: word } });
  } catch (error) {
    if (!(error instanceof UnderstudyError) || error.code !== 'ROLLOUT_UNKNOWN') throw error;
    const newest = await meantAt(client, word).catch((other: unknown) => {
      if (other instanceof Fault) throw other;
      return undefined;
    });
    if (newest === undefined) throw error;
    return newest;
  }
}

async function meantAt(client: Client, endpoint: string): Promise<RolloutBody | undefined> {
  const active = await client.rollout.list({ query: { endpoint, active: 'true', limit: 100 } });
  const going = active.filter(({ phase }) => phase !== 'queued');
  if (going.length > 1) {
    const ids = going.map(({ id }) => id).join(', ');
    throw new Fault('USAGE', `${endpoint} has several rollouts; name one by its id: ${ids}`);
  }
  const meant = going[0] ?? active.at(-1);
  if (meant !== undefined) return meant;
  const [newest] = await client.rollout.list({ query: { endpoint, limit: 1 } });
  return newest;
}

/** Milliseconds of `30s`, `5m`, `2h`. Fault `USAGE`. */
export function milliseconds(text: string, flag: string): number {
  const parsed = durationSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Fault('USAGE', parsed.error.issues[0]?.message ?? `${text} is not a duration`, flag);
}

/** A fraction written `95%`. Fault `USAGE`. */
export function fraction(text: string, flag: string): number {
  const parsed = rateSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Fault('USAGE', parsed.error.issues[0]?.message ?? `${text} is not a rate`, flag);
}

/** An integer from `least` on. Fault `USAGE`. */
export function integer(text: string, flag: string, least = 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new Fault('USAGE', `${text} is not a whole number from ${least} on`, flag);
}

/** Pairs written `key=value`. Fault `USAGE`. */
export function pairs(
  words: readonly string[] | undefined,
  flag: string,
): readonly (readonly [key: string, value: string])[] {
  return (words ?? []).map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new Fault('USAGE', `${word} is not key=value`, flag);
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

/** JSON from a file that a person wrote. Fault `FILE_INVALID`. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw new Fault('FILE_INVALID', `${where} is not JSON: ${why}`, where);
  }
}
