import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { createIam } from '../iam/iam.ts';
import { errorOf, serveS3, TEST_ROLE } from './serve-for-test.ts';

type StatementElements = Record<string, unknown>;

const Bucket = 'data';
const ADMINISTRATOR = 'arn:aws:iam::000000000000:role/Administrator';

/** S3 with a role that may do this, and with the bucket policy of the facade's bucket. */
async function serveRole(...statements: [Action: string | string[], ...keys: string[]][]) {
  const document = (Statement: StatementElements[]) => ({ Version: '2012-10-17', Statement });
  const identityPolicy = document(
    statements.map(([Action, ...keys]) => ({
      Effect: 'Allow',
      Action,
      Resource: keys.map((key) => (key === '' ? `arn:aws:s3:::${Bucket}` : `arn:aws:s3:::${Bucket}/${key}`)),
    })),
  );
  const bucketPolicy = document([
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${Bucket}/processes/*`,
      Condition: {
        Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    },
  ]);
  const source = (document: unknown) => ({ resourceId: 'It', path: 'PolicyDocument', document });
  const { explainDenial } = createIam(
    {
      roles: [{ id: 'It', arn: TEST_ROLE, managedPolicyArns: [], policies: [source(identityPolicy)] }],
      bucketPolicies: [{ bucketArn: `arn:aws:s3:::${Bucket}`, policy: source(bucketPolicy) }],
    },
    ADMINISTRATOR,
  );
  const server = await serveS3({ explainDenial });
  const administrator = server.clientOf(ADMINISTRATOR);
  return Object.assign(server, {
    /** Written by one who may. */
    put: (Key: string, Body = 'text') =>
      administrator.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' })),
    find: (Key: string) => errorOrStatus(administrator.send(new HeadObjectCommand({ Bucket, Key }))),
  });
}

async function errorOrStatus(call: Promise<unknown>): Promise<number | undefined> {
  return call.then(
    () => 200,
    (error: S3ServiceException) => error.$metadata.httpStatusCode,
  );
}

function rejection(
  action: string,
  resource: string,
  why = `because no identity-based policy allows the ${action} action`,
) {
  return {
    name: 'AccessDenied',
    message: `User: arn:aws:sts::000000000000:assumed-role/Test/test is not authorized to perform: ${action} on resource: "arn:aws:s3:::${resource}" ${why}`,
    $metadata: expect.objectContaining({ httpStatusCode: 403 }),
  };
}

describe('a role', () => {
  it('may do with a key what its policy allows, and nothing with another', async () => {
    await using server = await serveRole([['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], 'mine/*']);
    const send = server.s3.send.bind(server.s3);
    await send(new PutObjectCommand({ Bucket, Key: 'mine/a', Body: 'A' }));
    const read = await send(new GetObjectCommand({ Bucket, Key: 'mine/a' }));
    expect(await read.Body?.transformToString()).toBe('A');
    await send(new HeadObjectCommand({ Bucket, Key: 'mine/a' }));
    await send(new DeleteObjectCommand({ Bucket, Key: 'mine/a' }));

    await server.put('other/a');
    expect(await errorOf(send(new PutObjectCommand({ Bucket, Key: 'other/a', Body: 'B' })))).toMatchObject(
      rejection('s3:PutObject', 'data/other/a'),
    );
    expect(await errorOf(send(new GetObjectCommand({ Bucket, Key: 'other/a' })))).toMatchObject(
      rejection('s3:GetObject', 'data/other/a'),
    );
    expect(await errorOf(send(new DeleteObjectCommand({ Bucket, Key: 'other/a' })))).toMatchObject(
      rejection('s3:DeleteObject', 'data/other/a'),
    );
    expect(await errorOrStatus(send(new HeadObjectCommand({ Bucket, Key: 'other/a' })))).toBe(403);
    expect(await server.find('other/a')).toBe(200);
  });

  it('needs ListBucket to list', async () => {
    await using reader = await serveRole(['s3:GetObject', '*']);
    expect(await errorOf(reader.s3.send(new ListObjectsV2Command({ Bucket })))).toMatchObject(
      rejection('s3:ListBucket', 'data'),
    );
    await using lister = await serveRole(['s3:ListBucket', '']);
    expect(await lister.s3.send(new ListObjectsV2Command({ Bucket }))).toMatchObject({ KeyCount: 0 });
  });

  it('gets 404 for a missing key if it may list, and 403 otherwise', async () => {
    const Key = 'missing';
    const copy = { Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` };
    await using reader = await serveRole([['s3:GetObject', 's3:PutObject'], '*']);
    expect(await errorOf(reader.s3.send(new GetObjectCommand({ Bucket, Key })))).toMatchObject(
      rejection('s3:ListBucket', 'data'),
    );
    expect(await errorOrStatus(reader.s3.send(new HeadObjectCommand({ Bucket, Key })))).toBe(403);
    expect(await errorOrStatus(reader.s3.send(new CopyObjectCommand(copy)))).toBe(403);

    await using lister = await serveRole([['s3:GetObject', 's3:PutObject'], '*'], ['s3:ListBucket', '']);
    expect(await errorOf(lister.s3.send(new GetObjectCommand({ Bucket, Key })))).toMatchObject({
      name: 'NoSuchKey',
      $metadata: { httpStatusCode: 404 },
    });
    expect(await errorOrStatus(lister.s3.send(new HeadObjectCommand({ Bucket, Key })))).toBe(404);
    expect(await errorOrStatus(lister.s3.send(new CopyObjectCommand(copy)))).toBe(404);
  });

  it('needs to read the source and to write the target of a copy', async () => {
    await using server = await serveRole(['s3:GetObject', 'from/*'], ['s3:PutObject', 'to/*']);
    await server.put('from/a');
    await server.put('to/a');
    const copy = (from: string, to: string) =>
      server.s3.send(new CopyObjectCommand({ Bucket, Key: to, CopySource: `${Bucket}/${from}` }));
    await copy('from/a', 'to/b');
    expect(await errorOf(copy('to/a', 'to/c'))).toMatchObject(rejection('s3:GetObject', 'data/to/a'));
    expect(await errorOf(copy('from/a', 'from/b'))).toMatchObject(rejection('s3:PutObject', 'data/from/b'));
  });

  it('that deletes several keys gets an error for each key that it may not delete', async () => {
    await using server = await serveRole(['s3:DeleteObject', 'mine/*']);
    await server.put('mine/a');
    await server.put('other/a');
    const Objects = [{ Key: 'mine/a' }, { Key: 'other/a' }];
    const { Deleted, Errors } = await server.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    );
    expect(Deleted).toEqual([{ Key: 'mine/a' }]);
    const { name: Code, message: Message } = rejection('s3:DeleteObject', 'data/other/a');
    expect(Errors).toEqual([{ Key: 'other/a', Code, Message }]);
    expect([await server.find('mine/a'), await server.find('other/a')]).toEqual([404, 200]);
  });

  it('needs to read what it replaces or deletes by its ETag', async () => {
    await using writer = await serveRole([['s3:PutObject', 's3:DeleteObject'], '*']);
    const { ETag: IfMatch } = await writer.put('a');
    const put = new PutObjectCommand({ Bucket, Key: 'a', Body: 'B', IfMatch });
    const remove = new DeleteObjectCommand({ Bucket, Key: 'a', IfMatch });
    expect(await errorOf(writer.s3.send(put))).toMatchObject(rejection('s3:GetObject', 'data/a'));
    expect(await errorOf(writer.s3.send(remove))).toMatchObject(rejection('s3:GetObject', 'data/a'));
    await writer.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', IfMatch: '*' }));
    expect(await writer.find('a')).toBe(404);
  });

  it('has its permissions through the URLs that it signs', async () => {
    await using server = await serveRole(['s3:GetObject', 'mine/*']);
    await server.put('mine/a', 'A');
    await server.put('other/a', 'B');
    const fetchSigned = async (Key: string) =>
      fetch(await getSignedUrl(server.s3, new GetObjectCommand({ Bucket, Key })));
    expect(await (await fetchSigned('mine/a')).text()).toBe('A');
    const rejected = await fetchSigned('other/a');
    expect(rejected.status).toBe(403);
    expect(await rejected.text()).toContain(
      '<Code>AccessDenied</Code><Message>User: arn:aws:sts::000000000000:',
    );
  });
});

describe("the bucket's policy", () => {
  const why = 'with an explicit deny in a resource-based policy';

  it('rejects a write without a condition under processes/, and only there', async () => {
    await using server = await serveRole([['s3:GetObject', 's3:PutObject'], '*']);
    const put = (Key: string, condition: { IfNoneMatch?: string; IfMatch?: string } = {}) =>
      server.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'A', ...condition }));
    const Key = 'processes/api-key/1/state.json';
    expect(await errorOf(put(Key))).toMatchObject(rejection('s3:PutObject', `data/${Key}`, why));
    expect(await server.find(Key)).toBe(404);
    const { ETag: IfMatch = '' } = await put(Key, { IfNoneMatch: '*' });
    await put(Key, { IfMatch });
    await put('running/1');
  });

  it('rejects an unconditional copy under processes/', async () => {
    await using server = await serveRole([['s3:GetObject', 's3:PutObject'], '*']);
    await server.put('a');
    const copy = { Bucket, Key: 'processes/b', CopySource: `${Bucket}/a` };
    expect(await errorOf(server.s3.send(new CopyObjectCommand(copy)))).toMatchObject(
      rejection('s3:PutObject', 'data/processes/b', why),
    );
    await server.s3.send(new CopyObjectCommand({ ...copy, IfNoneMatch: '*' }));
  });

  it('rejects an unconditional write through a signed URL, and takes one with the header signed', async () => {
    await using server = await serveRole(['s3:PutObject', '*']);
    const upload = async (command: PutObjectCommand, headers: Record<string, string>) => {
      const url = await getSignedUrl(server.s3, command);
      return (await fetch(url, { method: 'PUT', body: 'A', headers })).status;
    };
    const Key = 'processes/a';
    expect(await upload(new PutObjectCommand({ Bucket, Key }), {})).toBe(403);
    expect(
      await upload(new PutObjectCommand({ Bucket, Key, IfNoneMatch: '*' }), { 'if-none-match': '*' }),
    ).toBe(200);
  });
});
