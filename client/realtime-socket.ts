import type { Clock } from './clock.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * One WebSocket in AppSync's real-time protocol, from handshake to end.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export type RealtimeSocket = {
  /** Sends a frame that the server answers at once: `start`, or the `stop` of what was started. */
  ask(frame: object): void;
  /** Ends it without a call of `onEnd`. */
  close(): void;
  /** How long nothing has come in. */
  silentMs(): number;
};

/** A frame from the server, as far as clients look into it. */
export type Frame = {
  type: string;
  id?: string;
  payload?: { data?: Record<string, unknown> | null; errors?: unknown };
};

/** What the events of a socket call. */
export type SocketListener = {
  /** Gets every frame from `connection_ack` on, which ends the handshake. */
  onFrame(frame: Frame): void;
  /** A keep-alive is overdue: send something that the server answers, or the socket ends. */
  onQuiet(): void;
  /** Called once: there was no credential, or the connection was refused, cut or silent. */
  onEnd(): void;
};

/** What the connection is made with. */
export type RealtimeOptions = {
  endpoint: Endpoint;
  credentials: Credentials;
  webSocket: typeof WebSocket;
  clock: Clock;
};

/** Time for the whole handshake; AppSync's own clients allow the same. */
const HANDSHAKE_WITHIN_MS = 15_000;
/**
 * AppSync sends a keep-alive every 60 s. After a longer silence the server is asked something, so a
 * dead socket is noticed after 85 s instead of the 300 s of `connection_ack`, at no cost while it
 * is alive. A server that sends keep-alives less often answers, and keeps its clients.
 *
 * @see https://github.com/awslabs/aws-mobile-appsync-sdk-android/issues/368
 */
const KEEP_ALIVE_WITHIN_MS = 75_000;
/** A frame that the server answers makes a dead socket show itself after this time. */
const ANSWER_WITHIN_MS = 10_000;

/** Asks for a credential and connects with it. */
export function openRealtimeSocket(
  { endpoint, credentials, webSocket, clock }: RealtimeOptions,
  { onFrame, onQuiet, onEnd }: SocketListener,
): RealtimeSocket {
  let socket: WebSocket | undefined;
  let ended = false;
  let heardAt = clock.now();
  let asked = false;
  let cancelSilence = clock.after(HANDSHAKE_WITHIN_MS, end);

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
    heardAt = clock.now();
    asked = false;
    onSilence(KEEP_ALIVE_WITHIN_MS, () => {
      expectAnswer();
      onQuiet();
    });
    onFrame(frame);
  }

  function onSilence(ms: number, callback: () => void) {
    cancelSilence();
    cancelSilence = clock.after(ms, callback);
  }

  function expectAnswer() {
    // A second question does not give the first answer more time.
    if (!asked) onSilence(ANSWER_WITHIN_MS, end);
    asked = true;
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
    ask(frame) {
      socket?.send(JSON.stringify(frame));
      expectAnswer();
    },
    close,
    silentMs: () => clock.now() - heardAt,
  };
}

/**
 * The credential travels as a sub-protocol, so that no address and no access log holds it. All of
 * it is ASCII: what may stand in a header, and a host name.
 */
function base64UrlJson(value: object): string {
  return btoa(JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
