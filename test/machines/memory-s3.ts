import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../kit/listen.ts';

type Stored = { body: string; headers: Record<string, string> };

/**
 * The operations of S3 that a step uses, over HTTP and in memory: a thousand times the documents of
 * the local S3, which writes to the disk.
 */
export async function serveMemoryS3() {
  const objects = new Map<string, Stored>();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    const key = decodeURIComponent(pathname).split('/').slice(2).join('/');
    const stored = objects.get(key);
    if (request.method === 'PUT') {
      const body = await text(request);
      if (objects.has(key)) return response.writeHead(412).end();
      const metadata = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'));
      objects.set(key, { body, headers: Object.fromEntries(metadata) as Record<string, string> });
      return response.end();
    }
    if (key === '') {
      const prefix = searchParams.get('prefix') ?? '';
      const keys = [...objects.keys()].filter((each) => each.startsWith(prefix)).sort();
      const contents = keys.map((each) => `<Contents><Key>${each}</Key></Contents>`).join('');
      return response.end(`<ListBucketResult>${contents}</ListBucketResult>`);
    }
    if (!stored) return response.writeHead(404).end();
    response.writeHead(200, stored.headers).end(request.method === 'GET' ? stored.body : undefined);
  });
  const listening = await listen(server);
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: listening.origin,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const before = Object.fromEntries(Object.keys(environment).map((name) => [name, process.env[name]]));
  Object.assign(process.env, environment);
  return {
    /** What is stored, by key. */
    objects,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await listening[Symbol.asyncDispose]();
    },
  };
}
