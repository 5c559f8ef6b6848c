/** One server-sent event as its lines say it. */
export type ServerEvent = {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
};

/** What a stream gives: events, and a sign of life for comments and empty chunks. */
export type StreamItem = ServerEvent | 'alive';

/** Most characters of one event; a stream that sends more is not one of ours. */
const EVENT_CHARACTERS_MAX = 1_048_576;

/** Reads server-sent events as the HTML standard defines them ("Server-sent events", parsing). */
export async function* readEventStream(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamItem, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let open = nothingYet();
  for await (const chunk of body) {
    yield 'alive';
    rest += decoder.decode(chunk, { stream: true });
    const { lines, left } = splitLines(rest);
    rest = left;
    for (const line of lines) {
      if (line !== '') take(open, line);
      if (line === '' && open.data.length > 0) yield close(open);
      if (line === '') open = nothingYet();
    }
    if (rest.length + open.size > EVENT_CHARACTERS_MAX) throw new Error('an event is too long');
  }
}

type OpenEvent = { id: string | null; type: string; readonly data: string[]; size: number };

const nothingYet = (): OpenEvent => ({ id: null, type: 'message', data: [], size: 0 });

/** Complete lines, ended by LF, CR LF or CR, and what is left of the last. */
function splitLines(text: string): { readonly lines: readonly string[]; readonly left: string } {
  // A CR at the very end may be the first half of CR LF: it waits for what follows.
  const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
  const lines = whole.split(/\r\n|\n|\r/);
  const left = (lines.pop() ?? '') + text.slice(whole.length);
  return { lines, left };
}

function take(open: OpenEvent, line: string): void {
  const colon = line.indexOf(':');
  const field = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
  open.size += line.length;
  if (field === 'id' && !value.includes('\0')) open.id = value;
  if (field === 'event') open.type = value;
  if (field === 'data') open.data.push(value);
}

const close = ({ id, type, data }: OpenEvent): ServerEvent => ({
  id,
  type,
  data: data.join('\n'),
});
