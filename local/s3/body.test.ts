import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
});
afterAll(() => served[Symbol.asyncDispose]());

const incoming = () => readdirSync(join(served.dataDir, 's3', 'data', 'incoming'));
const base64 = (algorithm: string, body: string) => createHash(algorithm).update(body).digest('base64');

function crc32Base64(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

describe('a body that is not what its headers say is rejected and leaves nothing', () => {
  const wrong = crc32Base64('another body');
  test.each<[string, Record<string, string>, string, string]>([
    ['another CRC32', { 'x-amz-checksum-crc32': wrong }, 'body', 'BadDigest'],
    ['another SHA-1', { 'x-amz-checksum-sha1': base64('sha1', 'x') }, 'body', 'BadDigest'],
    ['another SHA-256', { 'x-amz-checksum-sha256': base64('sha256', 'x') }, 'body', 'BadDigest'],
    ['an invalid checksum', { 'x-amz-checksum-crc32': 'abc' }, 'body', 'InvalidRequest'],
    [
      'two checksums',
      { 'x-amz-checksum-crc32': wrong, 'x-amz-checksum-sha1': base64('sha1', 'x') },
      'body',
      'InvalidRequest',
    ],
    [
      'a checksum that is announced only',
      { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
      'body',
      'InvalidRequest',
    ],
    ['a trailer that is not a checksum', { 'x-amz-trailer': 'x-amz-meta-a' }, 'body', 'InvalidRequest'],
    ['another MD5', { 'content-md5': base64('md5', 'x') }, 'body', 'BadDigest'],
    ['an invalid MD5', { 'content-md5': 'abc' }, 'body', 'InvalidDigest'],
    [
      'another hash in the signature',
      { 'x-amz-content-sha256': '0'.repeat(64) },
      'body',
      'XAmzContentSHA256Mismatch',
    ],
    [
      'chunks cut short',
      { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': '4' },
      '4\r\nbody\r\n',
      'IncompleteBody',
    ],
    [
      'fewer chunks than announced',
      { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': '5' },
      '4\r\nbody\r\n0\r\n\r\n',
      'IncompleteBody',
    ],
    [
      'another checksum in the trailer',
      {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '4',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
      `4\r\nbody\r\n0\r\nx-amz-checksum-crc32:${wrong}\r\n\r\n`,
      'BadDigest',
    ],
    [
      'no checksum in the trailer',
      {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '4',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
      '4\r\nbody\r\n0\r\n\r\n',
      'InvalidRequest',
    ],
  ])('%s', async (_what, headers, body, code) => {
    const path = '/s3/data/rejected';
    const response = await served.raw({
      method: 'PUT',
      path,
      headers: { 'content-length': String(body.length), ...headers },
      body,
    });
    expect(response.status).toBe(400);
    expect(response.body).toContain(`<Code>${code}</Code>`);
    expect((await served.raw({ method: 'HEAD', path })).status).toBe(404);
    expect(incoming()).toEqual([]);
  });
});

test('a body that is rejected in its middle leaves the connection in use', async () => {
  const path = '/s3/data/kept-alive';
  const body = `zz\r\n${'x'.repeat(10_000_000)}`;
  const headers = await served.sign({
    method: 'PUT',
    path,
    headers: {
      'content-length': String(body.length),
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '4',
    },
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = served.connect();
  let received = '';
  socket.on('data', (data) => {
    received += data;
  });
  socket.write(`PUT ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${served.host}\r\n\r\n`);
  await expect
    .poll(() => received.match(/<Code>\w+<\/Code>/g))
    .toEqual(['<Code>IncompleteBody</Code>', '<Code>AccessDenied</Code>']);
  socket.destroy();
});
