import { connect } from 'node:net';
import type { Input } from './http-bytes.ts';

/**
 * The time limit of an input. A step of a process may take 30 s, and nothing waits longer.
 */
const LIMIT_MS = 60_000;
/** The limit of a stored response; the rest is read and discarded. */
const KEPT_BYTES = 200_000;

/** The response to an input. */
export type Reception = {
  /** The received bytes, or their beginning. */
  text: string;
  /** Whether the server closed the connection within {@link LIMIT_MS}. */
  closed: boolean;
  /** Why there is no connection, or why it broke. */
  error?: string;
};

/**
 * Sends the parts of an input over a separate connection, and reads until the server closes it.
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
    // The rest cannot be sent any more.
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

/** Returns the status of each received response, without the `100 Continue`. */
export function statusesIn(text: string): number[] {
  return Array.from(text.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status)).filter(
    (status) => status >= 101,
  );
}
