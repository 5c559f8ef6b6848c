/**
 * Blanks comments and the insides of strings, templates and regular expressions, and keeps every
 * other character in its place, so that a plain search cannot be fooled by prose. Quotes stay.
 * There is no stable compiler interface for this TypeScript, and a whole parser would be too much.
 */
export function mask(text: string): string {
  const out = text.split('');
  // Each open template expression remembers how deep in braces it began.
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = rest[0] ?? '';
    if (char === '{') depth += 1;
    const closesExpression = char === '}' && templates.at(-1) === depth;
    if (char === '}' && !closesExpression) depth -= 1;
    if (closesExpression) templates.pop();
    const end = endOf(text, at, closesExpression);
    if (end === at) {
      at += 1;
      continue;
    }
    const isComment = rest === '//' || rest === '/*';
    blank(out, isComment ? at : at + 1, isComment ? end : end - 1);
    if (text.slice(end - 2, end) === '${' && (char === '`' || closesExpression)) {
      templates.push(depth);
    }
    at = end;
  }
  return out.join('');
}

function blank(out: string[], from: number, to: number): void {
  for (let at = from; at < to; at += 1) if (out[at] !== '\n') out[at] = ' ';
}

/** Where the comment or literal that begins here ends, or the same place when none begins here. */
function endOf(text: string, at: number, inTemplate: boolean): number {
  const char = text[at];
  if (inTemplate || char === '`') return templateEnd(text, at + 1);
  if (char === "'" || char === '"') return quoteEnd(text, at + 1, char);
  if (char !== '/') return at;
  if (text[at + 1] === '/') return orLength(text, text.indexOf('\n', at));
  if (text[at + 1] === '*') return orLength(text, text.indexOf('*/', at + 2) + 2, 1);
  return beginsRegExp(text, at) ? regExpEnd(text, at + 1) : at;
}

function orLength(text: string, found: number, least = 0): number {
  return found <= least - 1 ? text.length : found;
}

function templateEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2;
  }
  return text.length;
}

function quoteEnd(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote || text[at] === '\n') return at + 1;
  }
  return text.length;
}

/** A slash after a value divides; anywhere else it begins a regular expression. */
function beginsRegExp(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 40), at).trimEnd();
  if (/\b(?:return|typeof|case|in|of|await|yield|void|else|do)$/.test(before)) return true;
  return before === '' || /[^\w$)\]}'"`]$/.test(before);
}

function regExpEnd(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '\n') return at;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return text.length;
}
