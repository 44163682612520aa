/**
 * The few S3 calls that everything else is made of, each either done whole or not done.
 *
 * Conditional writes:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. S3 answers 412
 * when the condition does not hold, and 409 when another write of the key is under way: then the
 * same call is made again.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** The facade's bucket, and the client that reaches it. */
export type Bucket = { client: S3Client; name: string };

/**
 * An object as read: its text, the ETag for a compare-and-set, and what its writer said about it.
 */
export type StoredObject = {
  text: string;
  etag: string;
  metadata: Record<string, string>;
  writtenAt: Date;
  bytes: number;
};

/** An object as listed. */
export type ListedObject = { key: string; bytes: number; writtenAt: Date };

/**
 * What a condition on a write says: the key must not exist yet, or must still hold what was read.
 */
export type WriteCondition = { ifNoneMatch: '*' } | { ifMatch: string };

const CONFLICT_ATTEMPTS = 5;

let client: S3Client | undefined;

/**
 * The bucket that a Lambda's environment names (`BUCKET_NAME`). All callers share one client, which
 * keeps its connections open: a new one per invocation costs a TCP and TLS handshake and resolves
 * the credentials again.
 */
export function bucketFromEnvironment(): Bucket {
  const name = process.env.BUCKET_NAME;
  if (!name) throw new Error('Expected the environment variable BUCKET_NAME, got nothing');
  client ??= new S3Client({});
  return { client, name };
}

/**
 * True when the object was written, false when `condition` did not hold and nothing changed. The
 * bucket rejects writes without a condition under `processes/`.
 */
export async function putObject(
  bucket: Bucket,
  key: string,
  text: string,
  condition: WriteCondition | undefined,
  metadata: Record<string, string> = {},
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await bucket.client.send(
        new PutObjectCommand({
          Bucket: bucket.name,
          Key: key,
          Body: text,
          ContentLength: Buffer.byteLength(text),
          ContentType: 'application/json',
          Metadata: metadata,
          ...headersOf(condition),
        }),
      );
      return true;
    } catch (error) {
      const status = httpStatus(error);
      if (status === 412 || (condition && 'ifMatch' in condition && status === 404)) return false;
      if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}

/** The object, or undefined where there is none. */
export async function getObject(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  try {
    const answer = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
    const text = (await answer.Body?.transformToString()) ?? '';
    return {
      text,
      etag: answer.ETag ?? '',
      metadata: answer.Metadata ?? {},
      writtenAt: answer.LastModified ?? new Date(0),
      bytes: answer.ContentLength ?? Buffer.byteLength(text),
    };
  } catch (error) {
    if (httpStatus(error) === 404) return undefined;
    throw error;
  }
}

/** What the object's writer said about it, without its content; undefined where there is none. */
export async function getMetadata(bucket: Bucket, key: string): Promise<Record<string, string> | undefined> {
  try {
    const answer = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
    return answer.Metadata ?? {};
  } catch (error) {
    if (httpStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Every object under a prefix, by key; as many pages as it takes. */
export async function listObjects(bucket: Bucket, prefix: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  let after: string | undefined;
  do {
    const page = await listPage(bucket, prefix, after);
    objects.push(...page.objects);
    after = page.more ? page.objects.at(-1)?.key : undefined;
  } while (after !== undefined);
  return objects;
}

/**
 * The first objects (at most 1,000) under a prefix whose keys come after the given one, by key; and
 * whether there are more.
 */
export async function listPage(
  bucket: Bucket,
  prefix: string,
  after?: string,
  maxKeys = 1_000,
): Promise<{ objects: ListedObject[]; more: boolean }> {
  const page = await bucket.client.send(
    new ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: prefix,
      MaxKeys: maxKeys,
      ...(after === undefined ? {} : { StartAfter: after }),
    }),
  );
  const objects = (page.Contents ?? []).flatMap(({ Key, Size, LastModified }) =>
    Key === undefined ? [] : { key: Key, bytes: Size ?? 0, writtenAt: LastModified ?? new Date(0) },
  );
  return { objects, more: page.IsTruncated ?? false };
}

/**
 * What lies directly under a prefix that ends with `/`: the keys of objects, and the prefixes, with
 * their `/`, of folders.
 */
export async function listFolder(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await bucket.client.send(
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: prefix,
        Delimiter: '/',
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    keys.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}

/**
 * True when the object was removed, false when it is no longer what was read and nothing changed.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export async function deleteObject(bucket: Bucket, key: string, ifMatch: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key, IfMatch: ifMatch }));
      return true;
    } catch (error) {
      const status = httpStatus(error);
      if (status === 412 || status === 404) return false;
      if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}

function headersOf(condition: WriteCondition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (!condition) return {};
  return 'ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: condition.ifNoneMatch };
}

function httpStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
}
