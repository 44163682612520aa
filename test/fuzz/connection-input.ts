/**
 * Inputs for connections: WebSockets, invalid HTTP, pipelined requests, and unknown paths.
 */
import type { Dice } from './dice.ts';
import { graphQlBody } from './graphql-input.ts';
import {
  type Header,
  type Input,
  type Request,
  requestBytes,
  signed,
  type Target,
  whole,
} from './http-bytes.ts';
import { jsonText, junkJson, junkText, mutateJson, mutateText, perhapsJunk } from './junk.ts';

const WEB_SOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Credentials in the forms of AppSync's clients: in a sub-protocol, in the query or as headers. */
function upgradeRequest(dice: Dice, target: Target, change: (text: string) => string): string {
  const header = change(JSON.stringify({ 'x-api-key': target.outputs.apiKey, host: target.host }));
  const place = dice.one(['protocol', 'query', 'headers']);
  const encoded = Buffer.from(header).toString(place === 'query' ? 'base64' : 'base64url');
  const protocols = place === 'protocol' ? `graphql-ws, header-${encoded}` : 'graphql-ws';
  const query = place === 'query' ? `?header=${encodeURIComponent(encoded)}&payload=e30=` : '';
  return [
    `GET /graphql/realtime${query} HTTP/1.1`,
    `host: ${target.host}`,
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${WEB_SOCKET_KEY}`,
    `sec-websocket-protocol: ${protocols}`,
    ...(place === 'headers' ? [`x-api-key: ${target.outputs.apiKey}`] : []),
    '\r\n',
  ].join('\r\n');
}

/** A frame of a client, masked by zeros, so that its text stays readable. */
function frame(opcode: number, content: string | Buffer, { fin = 0x80 } = {}): Buffer {
  const payload = Buffer.from(content);
  const length = payload.length;
  const size =
    length < 126
      ? Buffer.from([0x80 | length])
      : length < 65_536
        ? Buffer.from([0x80 | 126, length >> 8, length & 255])
        : Buffer.from([
            0x80 | 127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >> 16) & 255,
            (length >> 8) & 255,
            length & 255,
          ]);
  return Buffer.concat([Buffer.from([fin | opcode]), size, Buffer.alloc(4), payload]);
}

const text = (content: string) => frame(1, content);
const INIT = text('{"type":"connection_init"}');
const CLOSE = frame(8, Buffer.from([3, 232]));

/**
 * A WebSocket, sometimes with an invalid handshake, sometimes with invalid frames after a valid
 * one.
 */
export async function realtimeInput(dice: Dice, target: Target): Promise<Input> {
  if (dice.chance(0.3)) {
    const request = upgradeRequest(dice, target, (header) =>
      dice.chance(0.5) ? mutateText(dice, header) : header,
    );
    const bytes = Buffer.from(dice.chance(0.5) ? mutateText(dice, request) : request);
    const frames = dice.chance(0.5) ? [INIT, randomFrame(dice), CLOSE] : [Buffer.from(junkText(dice))];
    return {
      label: 'realtime handshake',
      parts: [{ bytes }, ...frames.map((one) => ({ bytes: one }))],
      expects: 'close',
    };
  }
  const frames = [];
  for (let count = 1 + dice.below(4); count > 0; count--) frames.push(await clientFrame(dice, target));
  const last = await startFrame(dice, target, 'last', 'subscription { onProcessState { processId } }', {});
  return {
    label: 'realtime frames',
    parts: [
      { bytes: Buffer.from(upgradeRequest(dice, target, (header) => header)) },
      { bytes: INIT, after: '\r\n\r\n' },
      { bytes: Buffer.concat([...frames, text(JSON.stringify(last))]), after: '"connection_ack"' },
      // A valid frame gets its response, whatever precedes it, unless the connection is closed.
      { bytes: CLOSE, after: '"id":"last"' },
    ],
    expects: 'close',
  };
}

async function clientFrame(dice: Dice, target: Target): Promise<Buffer> {
  if (dice.chance(0.15)) return randomFrame(dice);
  const { query, variables } = dice.chance(0.5)
    ? graphQlBody(dice)
    : {
        query: 'subscription ($id: ID) { onProcessStep(processId: $id) { step } }',
        variables: { id: junkJson(dice) },
      };
  const message = dice.chance(0.2)
    ? {
        type: dice.one(['stop', 'connection_init', 'start', 'ka', junkText(dice)]),
        id: dice.one(['1', '2', 'last', '']),
      }
    : await startFrame(dice, target, dice.one(['1', '2', junkText(dice)]), query, variables);
  return text(jsonText(dice, dice.chance(0.3) ? mutateJson(dice, message) : message));
}

async function startFrame(
  dice: Dice,
  target: Target,
  id: string,
  query: string,
  variables: unknown,
): Promise<object> {
  const data = jsonText(dice, { query, variables });
  const { host, outputs } = target;
  const signature: Request = {
    method: 'POST',
    path: '/graphql',
    headers: [['content-type', 'application/json']],
    body: data,
  };
  const authorization =
    id !== 'last' && dice.chance(0.2)
      ? Object.fromEntries((await signed(target, 'appsync', signature)).headers)
      : { host, 'x-api-key': id === 'last' ? outputs.apiKey : perhapsJunk(dice, outputs.apiKey, 0.1) };
  return {
    ...{ type: 'start', id },
    payload: {
      data: id === 'last' ? JSON.stringify({ query, variables }) : data,
      extensions: { authorization },
    },
  };
}

function randomFrame(dice: Dice): Buffer {
  return dice.one([
    () => frame(dice.below(16), junkText(dice)),
    () => frame(1, junkText(dice), { fin: 0 }),
    () => frame(9, 'ping'),
    () => frame(2, Buffer.from([0, 255, 128])),
    () => frame(1, Buffer.from([0xff, 0xfe])),
    () => frame(8, Buffer.from([dice.below(256)])),
    () => frame(1, 'x'.repeat(dice.one([125, 126, 65_535, 65_536, 300_000]))),
    () => Buffer.from([0x81, 0x05, 1, 2, 3, 4, 5]),
    () => Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
  ])();
}

/** Any path, also those of the explorer and of objects' members. */
export async function pathInput(dice: Dice, target: Target): Promise<Input> {
  const path = `/${dice.one(['', 'explorer', 'explorer/', 'explorer/config.json', 'explorer/0a/a.js', 'graphql', 's3', junkText(dice)])}`;
  const headers = dice.some<Header>(
    [
      ['origin', perhapsJunk(dice, 'http://localhost:5173', 0.5)],
      ['host', perhapsJunk(dice, target.host, 0.7)],
      ['sec-fetch-site', dice.one(['cross-site', 'same-origin'])],
      ['upgrade', 'websocket'],
      ['expect', '100-continue'],
      ['cookie', junkText(dice)],
      ['range', 'bytes=0-1'],
    ],
    0.2,
  );
  return whole('path', target, {
    method: dice.one(['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']),
    path: dice.chance(0.3) ? `/${mutateText(dice, path.slice(1))}` : path,
    headers,
    body: dice.chance(0.2) ? junkText(dice) : '',
  });
}

/** Several requests on one connection, the first sometimes with a body that nothing reads. */
export async function pipelinedInput(dice: Dice, target: Target, others: readonly Input[]): Promise<Input> {
  const first = requestBytes(
    target.host,
    {
      method: dice.one(['POST', 'PUT']),
      path: dice.one(['/nothing', '/s3/nothing/k', '/graphql', '/states', '/sqs', '/explorer']),
      headers: [],
      body: 'x'.repeat(dice.one([1, 1_000, 100_000])),
    },
    'keep-alive',
  );
  const rest = others.flatMap(({ parts }) => parts);
  return {
    label: 'pipelined',
    parts: [{ bytes: Buffer.concat([first, ...rest.map(({ bytes }) => bytes)]) }],
    expects: 'response',
  };
}

/** Bytes that are not valid HTTP, or stop in the middle. */
export function brokenInput(dice: Dice, { parts: [part] }: Input): Input {
  const good = part?.bytes.toString('latin1') ?? '';
  const head = dice.one([
    () => mutateText(dice, good),
    () => good.slice(0, dice.below(good.length)),
    () =>
      good.replace(
        'content-length: ',
        dice.one([
          'content-length: 9',
          'content-length: -',
          'content-length: 1, ',
          'Content-Length: 1\r\ncontent-length: ',
        ]),
      ),
    () => good.replace('\r\n', '\r\ntransfer-encoding: chunked\r\n'),
    () => good.replace('HTTP/1.1', dice.one(['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/9.9', ''])),
    () => good.replaceAll('\r\n', '\n'),
    () => good.replace('\r\n', `\r\n${'a: b\r\n'.repeat(3_000)}`),
    () => good.replace('\r\n', `\r\nx: ${'y'.repeat(20_000)}\r\n`),
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => `\x16\x03\x01\x02\x00${junkText(dice)}`,
    () => good.replace(/ \S+ /, ` http://${junkText(dice)}/ `),
    () => good.replace(/^\S+/, dice.one(['CONNECT', 'FOO', 'GET\t', ''])),
    () => `${good.replace('connection: close', 'connection: keep-alive')}${good}`,
  ])();
  return { label: 'broken', parts: [{ bytes: Buffer.from(head, 'latin1') }], expects: 'close' };
}
