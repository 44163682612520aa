import type { Dice } from './dice.ts';
import {
  type Header,
  type Input,
  presigned,
  type Request,
  signed,
  type Target,
  whole,
} from './http-bytes.ts';
import { junkText, mutateText, perhapsJunk, withOneMutated } from './junk.ts';

const QUERY_NAMES = [
  ...[
    'list-type',
    'prefix',
    'delimiter',
    'max-keys',
    'start-after',
    'continuation-token',
    'encoding-type',
    'fetch-owner',
  ],
  ...[
    'versionId',
    'partNumber',
    'uploadId',
    'uploads',
    'delete',
    'acl',
    'tagging',
    'versions',
    'x-id',
    'cors',
    'select',
  ],
  ...[
    'response-content-type',
    'response-content-disposition',
    'response-expires',
    'x-amz-acl',
    'X-Amz-Expires',
  ],
];
const HEADERS: readonly Header[] = [
  ...(['if-match', 'if-none-match', 'x-amz-copy-source-if-match'] as const).flatMap((name): Header[] => [
    [name, '*'],
    [name, '"d41d8cd98f00b204e9800998ecf8427e"'],
  ]),
  ['if-modified-since', 'Wed, 21 Oct 2015 07:28:00 GMT'],
  ['if-unmodified-since', 'Wed, 21 Oct 2015 07:28:00 GMT'],
  ['range', 'bytes=0-0'],
  ['range', 'bytes=-5'],
  ['content-type', 'text/plain'],
  ['content-type', 'multipart/form-data; boundary=b'],
  ['content-encoding', 'gzip, aws-chunked'],
  ['content-md5', '1B2M2Y8AsgTpgAmY7PhCfg=='],
  ['x-amz-checksum-crc32', 'AAAAAA=='],
  ['x-amz-checksum-sha256', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='],
  ['x-amz-checksum-crc64nvme', 'AAAAAAAAAAA='],
  ['x-amz-sdk-checksum-algorithm', 'CRC32'],
  ['x-amz-trailer', 'x-amz-checksum-crc32'],
  ['x-amz-decoded-content-length', '3'],
  ['x-amz-checksum-mode', 'ENABLED'],
  ['x-amz-meta-a', 'é'],
  ['x-amz-metadata-directive', 'REPLACE'],
  ['x-amz-storage-class', 'GLACIER'],
  ['x-amz-tagging', 'a=b'],
  ['x-amz-expected-bucket-owner', '000000000000'],
  ['transfer-encoding', 'chunked'],
  ['expect', '100-continue'],
  ['origin', 'http://localhost:5173'],
  ['access-control-request-method', 'GET'],
  ['access-control-request-headers', 'range, x-a'],
];

/** Returns a request to S3: any operation, with or without a valid signature. */
export async function s3Input(dice: Dice, target: Target): Promise<Input> {
  const [name, operation] = dice.one(OPERATIONS);
  const bare = operation(dice, target);
  const extra = dice.chance(0.4) ? dice.some(HEADERS, 0.12) : [];
  const headers = [...bare.headers, ...extra].map(
    ([header, value]): Header => [header, perhapsJunk(dice, value, 0.08)],
  );
  const request = { ...bare, path: changedPath(dice, bare.path), headers };
  return whole(`s3 ${name}`, target, await perhapsSigned(dice, target, request));
}

function changedPath(dice: Dice, path: string): string {
  const more = dice.chance(0.2) ? dice.some(QUERY_NAMES, 0.08) : [];
  const query = more.map((name) => `${name}=${encodeURIComponent(junkText(dice).toWellFormed())}`);
  const all = query.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${query.join('&')}`;
  return dice.chance(0.05) ? `/s3${mutateText(dice, all.slice(3))}` : all;
}

async function perhapsSigned(dice: Dice, target: Target, request: Request): Promise<Request> {
  // In a URL of its own, a signer cannot sign what is sent only later.
  if (dice.chance(0.15)) {
    const url = await presigned(target, request, dice.one([60, 900, 604_800]));
    return dice.chance(0.4) ? { ...url, path: `/s3${mutateText(dice, url.path.slice(3))}` } : url;
  }
  if (dice.chance(0.1)) return request;
  const hash: Header = [
    'x-amz-content-sha256',
    dice.one(['UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD', junkText(dice)]),
  ];
  const declared = request.headers.some(([name]) => name === 'x-amz-content-sha256');
  const good = await signed(target, 's3', {
    ...request,
    headers: declared ? request.headers : [...request.headers, hash],
  });
  if (dice.chance(0.9)) return good;
  return { ...good, headers: withOneMutated(dice, good.headers) };
}

type Operation = (dice: Dice, target: Target) => Request;

const OPERATIONS: readonly (readonly [name: string, operation: Operation])[] = [
  [
    'PutObject',
    (dice, target) => ({ method: 'PUT', path: objectPath(dice, target), headers: [], body: content(dice) }),
  ],
  [
    'PutObject',
    (dice, target) => ({ method: 'PUT', path: objectPath(dice, target), headers: [], body: content(dice) }),
  ],
  ['PutObject in chunks', chunkedPut],
  ['GetObject', (dice, target) => ({ method: 'GET', path: objectPath(dice, target), headers: [] })],
  ['HeadObject', (dice, target) => ({ method: 'HEAD', path: objectPath(dice, target), headers: [] })],
  ['DeleteObject', (dice, target) => ({ method: 'DELETE', path: objectPath(dice, target), headers: [] })],
  ['DeleteObjects', deleteObjects],
  ['CopyObject', copyObject],
  ['ListObjectsV2', list],
  [
    'another',
    (dice, target) => ({
      method: dice.one(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']),
      path: dice.one([
        objectPath(dice, target),
        `/s3/${target.outputs.bucket}`,
        '/s3',
        '/s3/',
        `/s3/${dice.below(9)}`,
      ]),
      headers: [],
      body: dice.chance(0.3) ? content(dice) : '',
    }),
  ],
];

function objectPath(dice: Dice, target: Target): string {
  return `/s3/${perhapsJunk(dice, target.outputs.bucket, 0.03)}/${keyPath(dice)}`;
}

function keyPath(dice: Dice): string {
  // Without the facade's own records, since an order must complete in the end.
  const key = dice.chance(0.9)
    ? `fuzz/${perhapsJunk(dice, String(dice.below(30)), 0.3)}`
    : `processes/api-key/${dice.below(9)}/steps/${oneLine(junkText(dice))}.json`;
  return dice.chance(0.95)
    ? key
        .split('/')
        .map((part) => encodeURIComponent(part.toWellFormed()))
        .join('/')
    : key;
}

/** The runtime logs the key of an invalid document. */
function oneLine(text: string): string {
  return text.replace(/[\n\u2028]/g, '');
}

function content(dice: Dice): string {
  return dice.chance(0.1) ? 'x'.repeat(dice.below(200_000)) : junkText(dice);
}

function chunkedPut(dice: Dice, target: Target): Request {
  const data = content(dice);
  const bytes = Buffer.byteLength(data);
  const chunk = bytes === 0 ? '' : `${bytes.toString(16)}\r\n${data}\r\n`;
  const framed = `${chunk}0\r\n${dice.one(['', 'x-amz-checksum-crc32:AAAAAA==\r\n', 'a\r\n'])}\r\n`;
  return {
    method: 'PUT',
    path: objectPath(dice, target),
    headers: [
      [
        'x-amz-content-sha256',
        dice.one(['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']),
      ],
      ['x-amz-decoded-content-length', perhapsJunk(dice, String(bytes), 0.1)],
      ['content-encoding', 'aws-chunked'],
    ],
    body: dice.chance(0.5) ? framed : mutateText(dice, framed),
  };
}

function deleteObjects(dice: Dice, target: Target): Request {
  const object = () =>
    `<Object><Key>fuzz/${dice.below(30)}</Key>${dice.one(['', '', '<ETag>*</ETag>', '<Size>1</Size>', '<VersionId>v</VersionId>'])}</Object>`;
  const objects = Array.from({ length: 1 + dice.below(dice.chance(0.05) ? 1_100 : 4) }, object).join('');
  const xml = `<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects}<Quiet>false</Quiet></Delete>`;
  const nested = dice.one(['<Object>', '<Key>', '<Delete>', '<!--', '&#', '<![CDATA[']).repeat(20_000);
  return {
    method: 'POST',
    path: `/s3/${target.outputs.bucket}?delete=`,
    headers: [],
    body: dice.chance(0.4) ? xml : dice.chance(0.03) ? `<Delete>${nested}` : mutateText(dice, xml),
  };
}

function copyObject(dice: Dice, target: Target): Request {
  const source = `${target.outputs.bucket}/${keyPath(dice)}`;
  return {
    method: 'PUT',
    path: objectPath(dice, target),
    headers: [['x-amz-copy-source', perhapsJunk(dice, source, 0.3)]],
  };
}

function list(dice: Dice, target: Target): Request {
  const query = new URLSearchParams({ 'list-type': '2' });
  for (const name of dice.some(QUERY_NAMES.slice(1, 8), 0.4)) {
    const good =
      { 'max-keys': '3', 'encoding-type': 'url', delimiter: '/', prefix: 'fuzz/' }[name] ?? 'false';
    query.set(name, perhapsJunk(dice, good, 0.4).toWellFormed());
  }
  return { method: 'GET', path: `/s3/${target.outputs.bucket}/?${query}`, headers: [] };
}
