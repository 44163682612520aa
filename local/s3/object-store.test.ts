import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBuckets } from './bucket.ts';
import type { Listing } from './key-index.ts';
import { createObjectStore, type ObjectStore } from './object-store.ts';
import { createSequence } from './sequence.ts';

const all: Listing = { prefix: '', delimiter: '', startAfter: '', from: '', limit: 1000 };
const anyKey = fc.oneof(
  fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }),
  fc.constantFrom(
    'a',
    'a/',
    'a/b',
    'A',
    '.',
    '..',
    '../..',
    '/',
    '//',
    '%2e%2e',
    '\0',
    'é',
    'e\u0301',
    'x'.repeat(1024),
  ),
);
let folder = '';
const inFolder = (...parts: string[]) => join(folder, ...parts);
const openStore = () =>
  createObjectStore(inFolder('store'), { versioned: false, nextSequencer: createSequence(folder) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* inChunks(...chunks: (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function put(store: ObjectStore, key: string, body: Buffer | string) {
  await using upload = await store.upload(inChunks(body));
  return await store.commit(upload, { key, headers: { 'content-type': 'a/b' } });
}

async function bodyOf(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  return (await store.open(key))?.read().toArray().then(Buffer.concat);
}

test('any key can be written, read and listed, and nothing is written outside the folder', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(anyKey, { maxLength: 10 }), async (keys) => {
      const store = openStore();
      for (const [number, key] of keys.entries()) await put(store, key, `body ${number}`);
      const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(store.list(all).values.map((record) => record.key)).toEqual(sorted);
      for (const [number, key] of keys.entries()) {
        expect((await bodyOf(store, key))?.toString()).toBe(`body ${number}`);
      }
      expect(readdirSync(folder).sort()).toEqual(['starts', 'store']);
      expect(readdirSync(inFolder('store')).sort()).toEqual(['incoming', 'objects']);
      expect(readdirSync(inFolder('store', 'objects'))).toHaveLength(keys.length);
      for (const key of keys) await store.remove(key);
      expect(readdirSync(inFolder('store', 'objects'))).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

test('any bytes come back as they were, after a restart too', async () => {
  const bodies = [
    Buffer.alloc(0),
    Buffer.from('\n'),
    Buffer.from('\n{"key":"k"}\n'),
    Buffer.alloc(100_000, '\n'),
  ];
  for (const body of [
    ...bodies,
    ...fc.sample(fc.uint8Array({ maxLength: 5000 }), 20).map((a) => Buffer.from(a)),
  ]) {
    const record = await put(openStore(), 'k', body);
    const store = openStore();
    expect(store.find('k')).toEqual(record);
    const opened = await store.open('k');
    expect(opened?.record).toEqual(record);
    expect(opened && (await buffer(opened.read()))).toEqual(body);
  }
});

test('a record longer than one read comes back', async () => {
  const store = openStore();
  const headers = { 'x-amz-meta-long': 'x'.repeat(50_000) };
  await using upload = await store.upload(inChunks('body'));
  await store.commit(upload, { key: 'k', headers });
  expect(openStore().find('k')?.headers).toEqual(headers);
});

test('an object that is read stays what it was while it is replaced and deleted', async () => {
  const store = openStore();
  const body = Buffer.alloc(500_000, 'old');
  await put(store, 'k', body);
  const opened = await store.open('k');
  await put(store, 'k', 'new');
  await store.remove('k');
  expect(opened && (await buffer(opened.read()))).toEqual(body);
  expect(opened?.record.sizeBytes).toBe(body.length);
});

test('a part of an object can be read', async () => {
  const store = openStore();
  await put(store, 'k', '0123456789');
  const opened = await store.open('k');
  expect(opened && (await text(opened.read({ first: 2, last: 4 })))).toBe('234');
});

describe('an upload that fails', () => {
  async function* breaking(): AsyncGenerator<Buffer> {
    yield Buffer.from('half');
    throw new Error('the client went away');
  }

  test('leaves nothing behind, and the object as it was', async () => {
    const store = openStore();
    await put(store, 'k', 'old');
    await expect(store.upload(breaking())).rejects.toThrow('the client went away');
    expect(readdirSync(inFolder('store', 'incoming'))).toEqual([]);
    expect((await bodyOf(store, 'k'))?.toString()).toBe('old');
  });

  test('leaves nothing behind when it is whole and never becomes an object', async () => {
    const store = openStore();
    {
      await using upload = await store.upload(inChunks('body'));
      expect(upload.sizeBytes).toBe(4);
      expect(readdirSync(inFolder('store', 'incoming'))).toHaveLength(1);
    }
    expect(readdirSync(inFolder('store', 'incoming'))).toEqual([]);
  });
});

describe('after a crash', () => {
  test('what was being written is not an object and is removed', () => {
    openStore();
    writeFileSync(inFolder('store', 'incoming', 'torn'), 'half of a bo');
    expect(openStore().list(all).values).toEqual([]);
    expect(readdirSync(inFolder('store', 'incoming'))).toEqual([]);
  });

  test('sequencers continue rising', async () => {
    const before = await put(openStore(), 'k', 'a');
    const deletion = await openStore().remove('k');
    const later = await put(openStore(), 'k', 'b');
    expect([before.sequencer, deletion.sequencer, later.sequencer]).toEqual(
      [before.sequencer, deletion.sequencer, later.sequencer].toSorted(),
    );
    expect(new Set([before.sequencer, deletion.sequencer, later.sequencer]).size).toBe(3);
  });
});

describe('a folder that cannot be used', () => {
  test('is rejected where an object in it was cut short, and the file is named', async () => {
    await put(openStore(), 'k', 'a body');
    const [name = ''] = readdirSync(inFolder('store', 'objects'));
    const path = inFolder('store', 'objects', name);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 17) {
      writeFileSync(path, whole);
      truncateSync(path, length);
      expect(() => openStore()).toThrow(expect.objectContaining({ name: 'DataFolderUnusable' }));
      expect(() => openStore()).toThrow(name);
    }
  });

  test('is rejected where an object was cut short to a body that looks like an object', async () => {
    await put(openStore(), 'k', 'inner');
    const [name = ''] = readdirSync(inFolder('store', 'objects'));
    const path = inFolder('store', 'objects', name);
    const inner = Buffer.concat([Buffer.from('some more'), readFileSync(path)]);
    await put(openStore(), 'k', inner);
    truncateSync(path, inner.length);
    expect(() => openStore()).toThrow(name);
  });

  test('is rejected where an object lies under the name of another key', async () => {
    const store = openStore();
    await put(store, 'k', 'a body');
    const [name = ''] = readdirSync(inFolder('store', 'objects'));
    writeFileSync(
      inFolder('store', 'objects', '0'.repeat(64)),
      readFileSync(inFolder('store', 'objects', name)),
    );
    expect(() => openStore()).toThrow('0'.repeat(64));
  });

  test('is rejected where it is a file', () => {
    writeFileSync(inFolder('file'), '');
    const buckets = [{ name: 'data', versioned: false, eventBridge: false, cors: [] }];
    const open = () => openBuckets(inFolder('file', 's3'), buckets, () => {});
    expect(open).toThrow(
      expect.objectContaining({ name: 'DataFolderUnusable', folder: inFolder('file', 's3') }),
    );
  });

  test('is not one where a file manager has left its own file', async () => {
    openStore();
    writeFileSync(inFolder('store', 'objects', '.DS_Store'), 'x');
    expect(openStore().list(all).values).toEqual([]);
  });
});

test('an invalid bucket name is rejected before anything is created', () => {
  mkdirSync(inFolder('s3'));
  for (const name of ['..', 'a/b', 'UPPER', 'ab']) {
    const open = () =>
      openBuckets(inFolder('s3'), [{ name, versioned: false, eventBridge: false, cors: [] }], () => {});
    expect(open).toThrow(RangeError);
  }
  expect(readdirSync(inFolder('s3'))).toEqual(['starts']);
});
