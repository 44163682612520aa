import type { Clock } from './clock.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * A WebSocket with AppSync's real-time protocol, from handshake to end.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export type RealtimeSocket = {
  /** Sends a frame that the server responds to immediately: `start`, or `stop` after it. */
  request(frame: object): void;
  /** Closes the socket without calling `onEnd`. */
  close(): void;
  /** Returns the time since the last frame. */
  silentMs(): number;
};

/** A frame from the server, with the fields that the client uses. */
export type Frame = {
  type: string;
  id?: string;
  payload?: { data?: Record<string, unknown> | null; errors?: unknown };
};

/** Callbacks of a socket. */
export type SocketListener = {
  /** Called with every frame from `connection_ack` on, which ends the handshake. */
  onFrame(frame: Frame): void;
  /** A keep-alive is overdue: without a request that the server responds to, the socket ends. */
  onQuiet(): void;
  /** Called once: there was no credential, or the connection was rejected, cut or silent. */
  onEnd(): void;
};

/** Options of the connection. */
export type RealtimeOptions = {
  endpoint: Endpoint;
  credentials: Credentials;
  webSocket: typeof WebSocket;
  clock: Clock;
};

/** Timeout of the handshake, as in AppSync's own clients. */
const HANDSHAKE_TIMEOUT_MS = 15_000;
/**
 * AppSync sends a keep-alive every 60 s. After a longer silence the client sends a request, so that
 * a dead socket is detected after 85 s instead of the 300 s of `connection_ack`. Live sockets cause
 * no traffic. A server that sends keep-alives less often responds to the request.
 *
 * @see https://github.com/awslabs/aws-mobile-appsync-sdk-android/issues/368
 */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Timeout of a response. A socket without one is dead. */
const RESPONSE_TIMEOUT_MS = 10_000;

/** Gets a credential and connects with it. */
export function openRealtimeSocket(
  { endpoint, credentials, webSocket, clock }: RealtimeOptions,
  { onFrame, onQuiet, onEnd }: SocketListener,
): RealtimeSocket {
  let socket: WebSocket | undefined;
  let ended = false;
  let receivedAt = clock.now();
  let requested = false;
  let cancelSilence = clock.after(HANDSHAKE_TIMEOUT_MS, end);

  function close() {
    ended = true;
    cancelSilence();
    socket?.close(1000);
  }

  function end() {
    if (ended) return;
    close();
    onEnd();
  }

  function receive(frame: Frame) {
    if (frame.type === 'connection_error') return end();
    receivedAt = clock.now();
    requested = false;
    onSilence(KEEP_ALIVE_TIMEOUT_MS, () => {
      expectResponse();
      onQuiet();
    });
    onFrame(frame);
  }

  function onSilence(ms: number, callback: () => void) {
    cancelSilence();
    cancelSilence = clock.after(ms, callback);
  }

  function expectResponse() {
    // A second request does not extend the timeout of the first.
    if (!requested) onSilence(RESPONSE_TIMEOUT_MS, end);
    requested = true;
  }

  async function connect() {
    const authorization = { host: endpoint.host, ...(await credentials.headers()) };
    if (ended) return;
    const opened = new webSocket(endpoint.realtimeUrl, [
      'graphql-ws',
      `header-${base64UrlJson(authorization)}`,
    ]);
    socket = opened;
    opened.onopen = () => opened.send('{"type":"connection_init"}');
    opened.onmessage = ({ data }) => {
      if (ended) return;
      let frame: Frame;
      try {
        frame = JSON.parse(data);
      } catch {
        return end();
      }
      receive(frame);
    };
    opened.onerror = end;
    opened.onclose = end;
  }

  connect().catch(end);
  return {
    request(frame) {
      socket?.send(JSON.stringify(frame));
      expectResponse();
    },
    close,
    silentMs: () => clock.now() - receivedAt,
  };
}

/**
 * Encodes the credential for the sub-protocol, which keeps it out of URLs and access logs. All of
 * it is ASCII: header values and a host name.
 */
function base64UrlJson(value: object): string {
  return btoa(JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
