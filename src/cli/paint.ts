import { stripVTControlCharacters, styleText } from 'node:util';

/** How a piece of text looks; `plain` has no colour. */
export type Style = 'plain' | 'good' | 'bad' | 'warn' | 'dim' | 'strong';

/** Styles a text, having taken out of it what would steer the terminal. */
export type Paint = (style: Style, text: string) => string;

const formats = {
  plain: [],
  good: ['green'],
  bad: ['red', 'bold'],
  warn: ['yellow'],
  dim: ['dim'],
  strong: ['bold'],
} as const satisfies Record<Style, readonly Parameters<typeof styleText>[0][]>;

/**
 * Text that others wrote (reasons, tags, names) without escape sequences and control characters: it
 * must not move the cursor, rename the window or hide a line.
 */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');

/** Whether colours are wanted, by the conventions NO_COLOR, TERM=dumb and a terminal. */
export function wantsColor(
  environment: Readonly<Record<string, string | undefined>>,
  given: { readonly isTty: boolean; readonly flag: boolean },
): boolean {
  const { NO_COLOR, TERM } = environment;
  return given.flag && given.isTty && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}

/** With colours, or only cleaned. */
export function paintWith(color: boolean): Paint {
  return (style, text) => {
    const clean = printable(text);
    if (!color || style === 'plain') return clean;
    return styleText([...formats[style]], clean, { validateStream: false });
  };
}

/** How many columns a text takes on a terminal that shows one column a character. */
export const widthOf = (text: string): number => Array.from(stripVTControlCharacters(text)).length;
