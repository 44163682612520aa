import { connect } from 'node:net';
import type { Input } from './http-bytes.ts';

/**
 * How long an input may take. A step of a process may take 30 s, and nothing waits for longer than
 * that.
 */
const LIMIT_MS = 60_000;
/** Of a response; the rest is read and dropped. */
const KEPT_BYTES = 200_000;

/** What came of an input. */
export type Reception = {
  /** The bytes that came back, or their beginning. */
  text: string;
  /** Whether the server closed the connection within {@link LIMIT_MS}. */
  closed: boolean;
  /** Why there is no connection, or why it broke. */
  error?: string;
};

/**
 * Sends the parts of an input over a connection of its own, and reads until the server closes it.
 */
export function send(port: number, { parts, expects }: Input): Promise<Reception> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const waiting = [...parts];
    let text = '';
    let error: string | undefined;
    let closed = true;
    const limit = setTimeout(() => {
      closed = false;
      socket.destroy();
    }, LIMIT_MS);
    const sendWhatMayGo = () => {
      for (let part = waiting[0]; part && text.includes(part.after ?? ''); part = waiting[0]) {
        socket.write(part.bytes);
        waiting.shift();
        if (waiting.length === 0 && expects === 'close') socket.end();
      }
    };
    socket.on('connect', sendWhatMayGo);
    socket.on('data', (chunk: Buffer) => {
      if (text.length < KEPT_BYTES) text += chunk.toString('latin1');
      if (waiting.length > 0) sendWhatMayGo();
    });
    // What was not sent has nobody to go to.
    socket.on('end', () => socket.end());
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code ?? cause.message;
    });
    socket.on('close', () => {
      clearTimeout(limit);
      resolve({ text, closed, ...(error !== undefined && { error }) });
    });
  });
}

/** The status of each response in what came back, without the `100 Continue`. */
export function statusesIn(text: string): number[] {
  return Array.from(text.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status)).filter(
    (status) => status >= 101,
  );
}
