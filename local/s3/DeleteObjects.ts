import { parseXml, XmlElement, XmlError, XmlText } from '@rgrove/parse-xml';
import { type XmlElement as ResultElement, xmlDocument } from '../common/xml.ts';
import { checkedBody } from './body.ts';
import type { Bucket } from './bucket.ts';
import { deleteKey } from './DeleteObject.ts';
import type { Operation } from './operation.ts';
import { checkKeyLength, type S3Request } from './request.ts';
import { notSupportedHere, S3Error } from './s3-error.ts';

const MAX_KEYS = 1000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * Conditions that S3 has for directory buckets only. Ignoring one would delete objects that the
 * caller wants to keep.
 */
const UNSUPPORTED_CONDITIONS = ['LastModifiedTime', 'Size'] as const;

/**
 * Deletes up to 1,000 objects independently: the response has the error of one beside its key, and
 * the others are deleted. The document must match S3's published schema.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export const deleteObjects: Operation = async (request, bucket) => {
  const { objects, quiet } = parse(await textOf(request));
  const results: ResultElement[] = [];
  for (const object of objects) {
    const result = await deleteOne(request, bucket, object);
    if (!quiet || result[0] === 'Error') results.push(result);
  }
  return {
    status: 200,
    headers: {},
    body: xmlDocument(['DeleteResult', results], 'http://s3.amazonaws.com/doc/2006-03-01/'),
  };
};

type ToDelete = {
  key: string;
  etag: string | undefined;
  versionId: string | undefined;
  /** The name of an unsupported condition. */
  unsupported: string | undefined;
};

async function deleteOne(
  request: S3Request,
  bucket: Bucket,
  { key, etag, versionId, unsupported }: ToDelete,
): Promise<ResultElement> {
  try {
    if (versionId !== undefined) throw notSupportedHere('Deleting an object by VersionId');
    if (unsupported !== undefined) throw notSupportedHere(`Deleting an object by ${unsupported}`);
    checkKeyLength(key);
    const deletion = await deleteKey(request, bucket, key, etag);
    const marker: ResultElement[] =
      deletion.versionId === undefined
        ? []
        : [
            ['DeleteMarker', true],
            ['DeleteMarkerVersionId', deletion.versionId],
          ];
    return ['Deleted', [['Key', key], ...marker]];
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return [
      'Error',
      [
        ['Key', key],
        ['Code', error.code],
        ['Message', error.message],
      ],
    ];
  }
}

async function textOf(request: S3Request): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of checkedBody(request.body, request.headers).chunks()) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw malformed();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw malformed(cause);
  }
}

function parse(xml: string): { objects: ToDelete[]; quiet: boolean } {
  const elements = childrenOf(documentOf(xml));
  const objects = elements.filter(({ name }) => name === 'Object').map(objectOf);
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformed();
  const { Quiet = 'false' } = textsOf(
    elements.filter(({ name }) => name !== 'Object'),
    ['Quiet'],
  );
  if (Quiet !== 'true' && Quiet !== 'false') throw malformed();
  return { objects, quiet: Quiet === 'true' };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ObjectIdentifier.html */
function objectOf(object: XmlElement): ToDelete {
  const texts = textsOf(childrenOf(object), ['Key', 'ETag', 'VersionId', ...UNSUPPORTED_CONDITIONS]);
  if (!texts.Key) throw malformed();
  const unsupported = UNSUPPORTED_CONDITIONS.find((name) => texts[name] !== undefined);
  return { key: texts.Key, etag: texts.ETag, versionId: texts.VersionId, unsupported };
}

function documentOf(xml: string): XmlElement {
  try {
    const { root } = parseXml(xml);
    if (root?.name === 'Delete') return root;
  } catch (cause) {
    // A RangeError if the elements are nested deeper than the call stack.
    if (!(cause instanceof XmlError || cause instanceof RangeError)) throw cause;
  }
  throw malformed();
}

/** Returns the child elements. Throws if there is text other than white space between them. */
function childrenOf({ children }: XmlElement): XmlElement[] {
  return children.flatMap((node) => {
    if (node instanceof XmlElement) return [node];
    if (node instanceof XmlText && node.text.trim() !== '') throw malformed();
    return [];
  });
}

/**
 * Returns the texts of these elements by name. Throws for another name, a repeated element, or a
 * nested one.
 */
function textsOf<Name extends string>(
  elements: readonly XmlElement[],
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const texts: Partial<Record<Name, string>> = {};
  for (const element of elements) {
    const name = names.find((known) => known === element.name);
    if (name === undefined || texts[name] !== undefined) throw malformed();
    if (element.children.some((node) => node instanceof XmlElement)) throw malformed();
    texts[name] = element.text;
  }
  return texts;
}

function malformed(cause?: unknown): S3Error {
  return new S3Error(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
    {},
    { cause },
  );
}
