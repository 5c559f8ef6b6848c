type Options = { readonly what: string; readonly withinMs?: number; readonly everyMs?: number };

const WITHIN_MS = 30_000;
const EVERY_MS = 25;

/** The first value of `probe` that is neither null nor false; fails, naming what was waited for. */
export async function until<T>(
  probe: () => Promise<T | null | false> | T | null | false,
  { what, withinMs = WITHIN_MS, everyMs = EVERY_MS }: Options,
): Promise<T> {
  const giveUpMs = performance.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== false) return value;
    if (performance.now() > giveUpMs)
      throw new Error(`within ${withinMs} ms it was not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
