import { connect, type Socket } from 'node:net';

/** What came back: the status, and the head as it was sent. */
export type Reply = { readonly status: number; readonly head: string };

/** Called once per request; null: there was no usable answer. */
export type OnReply = (reply: Reply | null) => void;

const END_OF_HEAD = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const LAST = /\r\nconnection: *close/i;
const STATUS_AT = 'HTTP/1.1 '.length;

/**
 * One keep-alive connection with one request at a time. It does as little as can be done, so that a
 * small machine can saturate the servers under test and not the client.
 */
export class Line {
  readonly #at: { readonly host: string; readonly port: number };
  #socket: Socket | null = null;
  #received = '';
  #onReply: OnReply | null = null;

  constructor(url: URL) {
    this.#at = { host: url.hostname, port: Number(url.port) };
  }

  /** Sends a whole request. The one before must have been answered. */
  send(request: Buffer, onReply: OnReply): void {
    this.#onReply = onReply;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  close(): void {
    this.#onReply = null;
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ ...this.#at, noDelay: true });
    socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    // What went wrong shows in the count of failures; `close` follows.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#received = '';
      this.#answer(null);
    });
    return socket;
  }

  #take(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text;
    const head = this.#received.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const reply = this.#received.slice(0, head);
    const length = LENGTH.exec(reply)?.[1];
    if (length === undefined) {
      this.#socket?.destroy();
      return;
    }
    if (this.#received.length < head + END_OF_HEAD.length + Number(length)) return;
    this.#received = '';
    if (LAST.test(reply)) this.#hangUp();
    this.#answer({ status: Number(reply.slice(STATUS_AT, STATUS_AT + 3)), head: reply });
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  #answer(reply: Reply | null): void {
    const onReply = this.#onReply;
    this.#onReply = null;
    onReply?.(reply);
  }
}
