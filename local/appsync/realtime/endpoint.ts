import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../../common/logger.ts';
import { meansHost } from '../../common/loopback.ts';
import { type Authenticate, sourceAddresses } from '../resolver/callers.ts';
import { UnauthorizedError } from '../resolver/errors.ts';
import { visibleHeaders } from '../resolver/resolver-context.ts';
import { serveConnection } from './connection.ts';
import { connectHeaders, offeredProtocols, SUB_PROTOCOL } from './handshake.ts';
import type { SubscriptionHub } from './hub.ts';
import type { Subscribe } from './subscribe.ts';

/** Far above the size of any subscription that AppSync accepts. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_LIFE_MS = 24 * 60 * 60 * 1000;

/** The time limit for a client's response to the server's close. */
const CLOSE_GRACE_MS = 500;

/** The real-time endpoint of an API. */
export type RealtimeEndpoint = {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  connectionCount(): number;
  /** Closes all connections, and resolves when they are closed. */
  close(): Promise<void>;
};

/**
 * Creates the endpoint for `/graphql/realtime`. The credentials of a connection are those of its
 * upgrade request. Invalid ones are reported in response to its first frame.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function createRealtimeEndpoint({
  authenticate,
  subscribe,
  hub,
  logger,
  keepAliveMs,
  connectionTimeoutMs,
}: {
  authenticate: Authenticate;
  subscribe: Subscribe;
  hub: SubscriptionHub;
  logger: Logger;
  keepAliveMs: number;
  connectionTimeoutMs: number;
}): RealtimeEndpoint {
  const sockets = new Set<WebSocket>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    handleProtocols: (offered) => offered.has(SUB_PROTOCOL) && SUB_PROTOCOL,
  });

  const accept = (webSocket: WebSocket, request: IncomingMessage): void => {
    sockets.add(webSocket);
    webSocket.on('close', () => sockets.delete(webSocket));
    // Bytes that violate the WebSocket protocol. A close event follows. Without a listener the
    // error would end this process.
    webSocket.on('error', () => {});
    if (!offeredProtocols(request).includes(SUB_PROTOCOL)) {
      webSocket.send(JSON.stringify(WRONG_PROTOCOL));
      webSocket.close();
      return;
    }
    const { localPort = 0, remoteAddress } = request.socket;
    const sourceIp = sourceAddresses(request.headers, remoteAddress);
    const headers = visibleHeaders(request.headersDistinct);
    /** Credentials name their API, so that they are not valid for another one. */
    const authenticateHere: Authenticate = async (credentialed) => {
      if (!meansHost(credentialed.headers.host, localPort))
        throw new UnauthorizedError(`The credentials are for the host [${credentialed.headers.host ?? ''}].`);
      return authenticate(credentialed);
    };
    serveConnection(webSocket, {
      async authenticate() {
        const credentials = connectHeaders(request);
        if (!credentials) throw new UnauthorizedError('The header of the connection is not a JSON object.');
        // This is what a client signs, wherever it puts the signature.
        await authenticateHere({
          method: 'POST',
          path: '/graphql/connect',
          headers: credentials,
          body: Buffer.from('{}'),
        });
      },
      subscribe: (start) => subscribe(start, { headers, sourceIp, authenticate: authenticateHere }),
      hub,
      logger,
      keepAliveMs,
      connectionTimeoutMs,
      maxLifeMs: MAX_LIFE_MS,
    });
  };

  return {
    handleUpgrade: (request, socket, head) => server.handleUpgrade(request, socket, head, accept),
    connectionCount: () => sockets.size,
    async close() {
      await Promise.all([...sockets].map(closeSocket));
    },
  };
}

const WRONG_PROTOCOL = {
  type: 'connection_error',
  payload: { errors: [{ message: 'SubProtocolNotSupportedError', errorCode: 400 }] },
};

function closeSocket(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS);
    socket.on('close', () => {
      clearTimeout(cut);
      resolve();
    });
    socket.close(1001);
  });
}
