import type { ErrorItem } from '../resolver/error-items.ts';

/** A frame of a client, in the documented shape. */
export type ClientFrame =
  | { type: 'connection_init' }
  | { type: 'start'; id: string; data: string; authorization: Record<string, string> }
  | { type: 'stop'; id: string };

/** A frame of the server. */
export type ServerFrame =
  | { type: 'connection_ack'; payload: { connectionTimeoutMs: number } }
  | { type: 'connection_error'; payload: { errors: ConnectionError[] } }
  | { type: 'ka' }
  | { type: 'start_ack' | 'complete'; id: string }
  | { type: 'data'; id: string; payload: { data: unknown; errors?: ErrorItem[] } }
  // For too many subscriptions AppSync sends one error instead of a list.
  | { type: 'error'; id: string; payload: { errors: FrameError[] | FrameError } };

/** An item of an `error` frame. */
export type FrameError = { errorType?: string; errorInfo?: unknown; message: string };

/** AppSync's error for frames that are not part of its protocol. */
export const UNSUPPORTED: FrameError = {
  errorType: 'UnsupportedOperation',
  message: 'unknown not supported through the realtime channel',
};

type ConnectionError = { errorType?: string; message: string; errorCode: number };

/**
 * Parses a frame; returns undefined for one that is not part of the protocol.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function parseClientFrame(text: string): ClientFrame | undefined {
  const frame = parseObject(text);
  if (frame?.type === 'connection_init') return { type: 'connection_init' };
  const id = frame?.id;
  if (typeof id !== 'string' || id === '') return undefined;
  if (frame?.type === 'stop') return { type: 'stop', id };
  if (frame?.type !== 'start') return undefined;
  const payload = objectOf(frame.payload);
  const authorization = textsOf(objectOf(objectOf(payload?.extensions)?.authorization));
  const data = payload?.data;
  if (typeof data !== 'string' || parseObject(data) === undefined) return undefined;
  return { type: 'start', id, data, authorization };
}

/**
 * Returns the text members of an object by their names in lower case, because clients spell the
 * names of credentials differently.
 */
export function textsOf(object: Record<string, unknown> | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(object ?? {})) {
    if (typeof value === 'string') texts[name.toLowerCase()] = value;
  }
  return texts;
}

/** Parses a JSON object; returns undefined for any other text. */
export function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
