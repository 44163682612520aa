import { checkedBody } from './body.ts';
import type { Bucket } from './bucket.ts';
import { deleteKey } from './DeleteObject.ts';
import type { Operation } from './operation.ts';
import type { S3Request } from './request.ts';
import { notSupportedHere, S3Error } from './s3-error.ts';
import { unescapeXml, type XmlElement, xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * Deletes up to 1,000 objects, each for itself: an error of one is told beside its key, and the others are deleted.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export const deleteObjects: Operation = async (request, bucket) => {
  const { objects, quiet } = parse(await textOf(request));
  const results: XmlElement[] = [];
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

type ToDelete = { key: string; etag: string | undefined; versionId: string | undefined };

async function deleteOne(
  request: S3Request,
  bucket: Bucket,
  { key, etag, versionId }: ToDelete,
): Promise<XmlElement> {
  try {
    if (versionId !== undefined) throw notSupportedHere('Deleting an object by VersionId');
    const deletion = await deleteKey(request, bucket, key, etag);
    const marker: XmlElement[] =
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
  return Buffer.concat(chunks).toString('utf8');
}

/** The document is flat and its form is fixed, so that its elements can be found by their names. */
function parse(xml: string): { objects: ToDelete[]; quiet: boolean } {
  const root = /<Delete\b[^>]*>(.*)<\/Delete>\s*$/s.exec(xml)?.[1];
  if (root === undefined) throw malformed();
  const objects = Array.from(root.matchAll(/<Object>(.*?)<\/Object>/gs), ([, object = '']): ToDelete => {
    const key = elementText(object, 'Key');
    if (!key) throw malformed();
    return { key, etag: elementText(object, 'ETag'), versionId: elementText(object, 'VersionId') };
  });
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformed();
  return { objects, quiet: elementText(root, 'Quiet') === 'true' };
}

function elementText(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return text === undefined ? undefined : unescapeXml(text);
}

function malformed(): S3Error {
  return new S3Error(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}
