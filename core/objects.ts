/**
 * The S3 operations that everything else is built on. Each one is atomic.
 *
 * Conditional writes:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. S3 responds with
 * 412 if the condition does not hold, and with 409 during another write of the key: the call is
 * then retried.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** The facade's bucket and the client to access it. */
export type Bucket = { client: S3Client; name: string };

/** An object as read: its text, its ETag for a compare-and-set, and its metadata. */
export type StoredObject = {
  text: string;
  etag: string;
  metadata: Record<string, string>;
  writtenAt: Date;
  bytes: number;
};

/** An object as listed. */
export type ListedObject = { key: string; bytes: number; writtenAt: Date };

/** A condition on a write: the key must not exist, or must not have changed since it was read. */
export type WriteCondition = { ifNoneMatch: '*' } | { ifMatch: string };

const CONFLICT_ATTEMPTS = 5;

let client: S3Client | undefined;

/** Returns the bucket named by the environment variable `BUCKET_NAME`. */
export function bucketFromEnvironment(): Bucket {
  const name = process.env.BUCKET_NAME;
  if (!name) throw new Error('Expected the environment variable BUCKET_NAME, got nothing');
  return bucketNamed(name);
}

/**
 * Returns the bucket of a name.
 *
 * All callers share one client, which reuses its connections. A client per invocation would cost a
 * TCP and TLS handshake and resolve the credentials again.
 */
export function bucketNamed(name: string): Bucket {
  client ??= new S3Client({});
  return { client, name };
}

/**
 * Writes an object. Returns false, and changes nothing, if `condition` does not hold. The bucket
 * rejects unconditional writes under `processes/`.
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
      const command = new PutObjectCommand({
        Bucket: bucket.name,
        Key: key,
        Body: text,
        ContentLength: Buffer.byteLength(text),
        ContentType: 'application/json',
        Metadata: metadata,
        ...headersOf(condition),
      });
      await locate(bucket, key, bucket.client.send(command));
      return true;
    } catch (error) {
      const status = httpStatus(error);
      if (status === 412 || (condition && 'ifMatch' in condition && status === 404)) return false;
      if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}

/** Returns the object; undefined if it does not exist. */
export async function getObject(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  try {
    const response = await locate(
      bucket,
      key,
      bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key })),
    );
    const text = (await response.Body?.transformToString()) ?? '';
    return {
      text,
      etag: response.ETag ?? '',
      metadata: response.Metadata ?? {},
      writtenAt: response.LastModified ?? new Date(0),
      bytes: response.ContentLength ?? Buffer.byteLength(text),
    };
  } catch (error) {
    if (httpStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Returns the object's metadata without its content; undefined if it does not exist. */
export async function getMetadata(bucket: Bucket, key: string): Promise<Record<string, string> | undefined> {
  try {
    const response = await locate(
      bucket,
      key,
      bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key })),
    );
    return response.Metadata ?? {};
  } catch (error) {
    if (httpStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Lists every object under a prefix, in key order, over all pages. */
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
 * Lists the first objects (at most 1,000) under a prefix after the given key, in key order, and
 * returns whether there are more.
 */
export async function listPage(
  bucket: Bucket,
  prefix: string,
  after?: string,
  maxKeys = 1_000,
): Promise<{ objects: ListedObject[]; more: boolean }> {
  const command = new ListObjectsV2Command({
    Bucket: bucket.name,
    Prefix: prefix,
    MaxKeys: maxKeys,
    ...(after === undefined ? {} : { StartAfter: after }),
  });
  const page = await locate(bucket, prefix, bucket.client.send(command));
  const objects = (page.Contents ?? []).flatMap(({ Key, Size, LastModified }) =>
    Key === undefined ? [] : { key: Key, bytes: Size ?? 0, writtenAt: LastModified ?? new Date(0) },
  );
  return { objects, more: page.IsTruncated ?? false };
}

/**
 * Lists what is directly under a prefix that ends with `/`: the keys of objects, and the prefixes
 * of folders with a trailing `/`.
 */
export async function listFolder(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const command: ListObjectsV2Command = new ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: prefix,
      Delimiter: '/',
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await locate(bucket, prefix, bucket.client.send(command));
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    keys.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}

/**
 * Deletes an object. Returns false, and changes nothing, if it has changed since it was read.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export async function deleteObject(bucket: Bucket, key: string, ifMatch: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      const command = new DeleteObjectCommand({ Bucket: bucket.name, Key: key, IfMatch: ifMatch });
      await locate(bucket, key, bucket.client.send(command));
      return true;
    } catch (error) {
      const status = httpStatus(error);
      if (status === 412 || status === 404) return false;
      if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}

/**
 * Adds the bucket and the key (or prefix) to an error of S3. The error keeps its name, so that the
 * Retry and Catch of a state machine match it.
 */
async function locate<Output>(bucket: Bucket, key: string, request: Promise<Output>): Promise<Output> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    error.message = `${error.message} [bucket=${bucket.name}, key=${key}]`;
    throw Object.assign(error, { bucket: bucket.name, key });
  }
}

function headersOf(condition: WriteCondition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (!condition) return {};
  return 'ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: condition.ifNoneMatch };
}

function httpStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
}
