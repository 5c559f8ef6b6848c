import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What came back on a connection, and whether the other side closed it. */
export type Heard = { readonly text: string; readonly isClosed: boolean };

/** A connection on which bytes are sent as they are. */
export class Wire {
  readonly socket: Socket;
  #text = '';
  #isClosed = false;
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    const wake = (): void => {
      for (const one of this.#waiting.splice(0)) one();
    };
    this.socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      wake();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#isClosed = true;
      wake();
    });
  }

  /** What came so far. */
  get heard(): Heard {
    return { text: this.#text, isClosed: this.#isClosed };
  }

  /** Sends characters below 256 as bytes. */
  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until what was heard is as wanted, or nothing more can come. */
  async until(isWanted: (heard: Heard) => boolean): Promise<Heard> {
    while (!isWanted(this.heard) && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return this.heard;
  }

  /** Closes without ceremony. */
  drop(): void {
    this.socket.destroy();
  }
}

/** Whether a whole answer (or an interim one) is there. */
export const hasAnswer = ({ text }: Heard): boolean => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? '0';
  return text.length >= end + 4 + Number(length);
};

/** Status of the first answer; 0 when there is none. */
export const statusOf = ({ text }: Heard): number =>
  Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);

/** Sends one request on a fresh connection and waits for its answer, or for the end. */
export async function exchange(port: number, request: string): Promise<Heard> {
  const wire = new Wire(port);
  wire.send(request);
  const heard = await wire.until(hasAnswer);
  wire.drop();
  return heard;
}

/** A request with a body, as a client writes it. */
export const post = (path: string, body: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\n${headers}content-length: ${Buffer.byteLength(
    body,
    'latin1',
  )}\r\n\r\n${body}`;
