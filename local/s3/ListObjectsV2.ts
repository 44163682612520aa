import { type XmlElement, xmlDocument } from '../common/xml.ts';
import type { ObjectRecord } from './object-file.ts';
import type { Operation } from './operation.ts';
import { invalidArgument, notSupportedHere } from './s3-error.ts';

const MAX_KEYS = 1000;

/**
 * Lists keys in the order of their UTF-8 bytes, at most 1,000 at a time.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export const listObjectsV2: Operation = async ({ access, query }, bucket) => {
  access.toList(bucket.name);
  if (query.get('fetch-owner') === 'true') throw notSupportedHere('ListObjectsV2 with fetch-owner');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after') ?? '';
  const token = query.get('continuation-token');
  const limit = maxKeysOf(query.get('max-keys'));
  const encoding = query.get('encoding-type');
  if (encoding !== null && encoding !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  }
  const encode = encoding === 'url' ? encodeKey : (key: string) => key;

  const from = token === null ? '' : keyOfToken(token);
  const { values, commonPrefixes, next } = bucket.objects.list({
    prefix,
    delimiter,
    startAfter: token === null ? startAfter : '',
    from,
    limit,
  });
  // With max-keys 0, S3 does not report further keys.
  const more = limit === 0 ? undefined : next;
  const children: (XmlElement | undefined)[] = [
    ['Name', bucket.name],
    ['Prefix', encode(prefix)],
    startAfter === '' ? undefined : ['StartAfter', encode(startAfter)],
    token === null ? undefined : ['ContinuationToken', token],
    more === undefined ? undefined : ['NextContinuationToken', tokenOf(more)],
    ['KeyCount', values.length + commonPrefixes.length],
    ['MaxKeys', limit],
    delimiter === '' ? undefined : ['Delimiter', encode(delimiter)],
    encoding === null ? undefined : ['EncodingType', encoding],
    ['IsTruncated', more !== undefined],
    ...values.map((record) => contents(record, encode)),
    ...commonPrefixes.map((common): XmlElement => ['CommonPrefixes', [['Prefix', encode(common)]]]),
  ];
  return {
    status: 200,
    headers: {},
    body: xmlDocument(['ListBucketResult', children], 'http://s3.amazonaws.com/doc/2006-03-01/'),
  };
};

function contents(record: ObjectRecord, encode: (key: string) => string): XmlElement {
  return [
    'Contents',
    [
      ['Key', encode(record.key)],
      ['LastModified', record.lastModified],
      ['ETag', `"${record.etag}"`],
      record.checksum && ['ChecksumAlgorithm', record.checksum.algorithm],
      record.checksum && ['ChecksumType', 'FULL_OBJECT'],
      ['Size', record.sizeBytes],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

function maxKeysOf(text: string | null): number {
  if (text === null || text === '') return MAX_KEYS;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff) {
    throw invalidArgument('Provided max-keys not an integer or within integer range', 'max-keys', text);
  }
  return Math.min(Number(text), MAX_KEYS);
}

/**
 * Returns the token with the key where the next page starts. The first character distinguishes it
 * from a key, which some clients send.
 */
function tokenOf(key: string): string {
  return `1${Buffer.from(key).toString('base64url')}`;
}

function keyOfToken(token: string): string {
  const key = Buffer.from(token.slice(1), 'base64url').toString('utf8');
  if (key === '' || tokenOf(key) !== token) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  }
  return key;
}

function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
}
