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
  payload?: { connectionTimeoutMs?: number; data?: Record<string, unknown> | null; errors?: unknown };
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
/** Where `connection_ack` does not say how long a silence means that the connection is dead. */
const DEFAULT_SILENCE_MS = 300_000;
/** Silence after a frame that has an answer means so much sooner: a network that went away without a word is seen at the next start or stop. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Asks for a credential and connects with it. `onFrame` gets every frame from `connection_ack` on, with which the
 * handshake is done. `onEnd` is called once, when there was no credential, or the connection was refused, cut or silent.
 */
export function openRealtimeSocket(
  { endpoint, credentials, webSocket, clock }: RealtimeOptions,
  onFrame: (frame: Frame) => void,
  onEnd: () => void,
): RealtimeSocket {
  let socket: WebSocket | undefined;
  let ended = false;
  let heardAt = clock.now();
  let silenceMs = HANDSHAKE_WITHIN_MS;
  let asked = false;
  let cancelSilence = clock.after(silenceMs, end);

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
    if (frame.type === 'connection_ack') {
      silenceMs = frame.payload?.connectionTimeoutMs ?? DEFAULT_SILENCE_MS;
    }
    heardAt = clock.now();
    asked = false;
    endAfter(silenceMs);
    onFrame(frame);
  }

  function endAfter(ms: number) {
    cancelSilence();
    cancelSilence = clock.after(ms, end);
  }

  async function connect() {
    const authorization = JSON.stringify({ host: endpoint.host, ...(await credentials.headers()) });
    if (ended) return;
    const opened = new webSocket(endpoint.realtimeUrl, ['graphql-ws', `header-${base64url(authorization)}`]);
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
      // What is asked next does not give the first answer more time.
      if (!asked) endAfter(ANSWER_WITHIN_MS);
      asked = true;
    },
    close,
    silentMs: () => clock.now() - heardAt,
  };
}

/** The credential travels as a sub-protocol, so that it stands in no address and no access log. */
function base64url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
