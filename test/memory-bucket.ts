import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Bucket } from '../data/objects.ts';

type Stored = { text: string; etag: string };

/**
 * A bucket in memory, for properties over thousands of interleavings: what data/objects.ts asks of S3, each request taking effect at once when
 * `turn` resolves. `keys` shows what is there.
 */
export function createMemoryBucket(
  turn: (request: string) => Promise<unknown>,
): Bucket & { keys(): string[] } {
  const objects = new Map<string, Stored>();
  let writes = 0;

  function apply(command: object): object {
    if (command instanceof PutObjectCommand) {
      const { Key = '', Body, IfMatch, IfNoneMatch } = command.input;
      const present = objects.get(Key);
      if (IfNoneMatch !== undefined && present) throw refused(412);
      if (IfMatch !== undefined && !present) throw refused(404);
      if (IfMatch !== undefined && present?.etag !== IfMatch) throw refused(412);
      objects.set(Key, { text: String(Body), etag: String(++writes) });
      return {};
    }
    if (command instanceof GetObjectCommand) {
      const present = objects.get(command.input.Key ?? '');
      if (!present) throw refused(404);
      return { ETag: present.etag, Body: { transformToString: async () => present.text } };
    }
    if (command instanceof DeleteObjectCommand) {
      objects.delete(command.input.Key ?? '');
      return {};
    }
    if (command instanceof ListObjectsV2Command) {
      const { Prefix = '' } = command.input;
      const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix)).sort();
      return { Contents: keys.map((Key) => ({ Key, Size: 1, LastModified: new Date(0) })) };
    }
    throw new Error(`Expected a request of data/objects.ts, got ${command.constructor.name}`);
  }

  const client = {
    async send(command: { constructor: { name: string }; input: { Key?: string } }) {
      await turn(`${command.constructor.name} ${command.input.Key?.split('/').at(-1) ?? ''}`);
      return apply(command);
    },
  };
  return { client: client as unknown as S3Client, name: 'memory', keys: () => [...objects.keys()] };
}

function refused(httpStatusCode: number): Error {
  return Object.assign(new Error(`HTTP ${httpStatusCode}`), { $metadata: { httpStatusCode } });
}
