import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { emptyFolderSync, syncFolder } from '../common/durable-file.ts';
import { DataFolderUnusable } from '../common/errors.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../common/private-files.ts';
import { createKeyIndex, type Listed, type Listing } from './key-index.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { appendRecord, type ObjectRecord, readRecord } from './object-file.ts';
import type { ByteRange } from './range.ts';

/**
 * Bytes on disk that are not yet an object. Disposing of the upload removes them, unless they were
 * committed.
 */
export type Upload = AsyncDisposable & {
  sizeBytes: number;
  etag: string;
  /** Appends the record, syncs the file, and moves it to `path`. */
  moveTo(path: string, record: ObjectRecord): Promise<void>;
};

/** An open object. It stays readable unchanged, whatever is written or deleted meanwhile. */
type OpenObject = {
  record: ObjectRecord;
  /** Returns the bytes, or a range of them. The end or a destroy closes the object. */
  read(range?: ByteRange): Readable;
  /** Closes an object that may not have been read. Has no effect on a closed one. */
  close(): Promise<void>;
};

/** The fields of a new object besides its bytes. */
export type ObjectFields = Pick<ObjectRecord, 'key' | 'headers' | 'checksum'>;

/**
 * A deletion: its place in the order of events, and in a versioned bucket its version.
 */
export type Deletion = Pick<ObjectRecord, 'key' | 'sequencer' | 'versionId'>;

/** The objects of one bucket. */
export type ObjectStore = {
  find(key: string): ObjectRecord | undefined;
  open(key: string): Promise<OpenObject | undefined>;
  list(listing: Listing): Listed<ObjectRecord>;
  /**
   * Stores bytes without changing any object. If the chunks throw, it removes the bytes and
   * rethrows.
   */
  upload(chunks: AsyncIterable<Buffer>): Promise<Upload>;
  /**
   * Runs `work` while nothing else changes the key. Use it to check a condition with {@link find}
   * before a change.
   */
  exclusively<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
  /**
   * Commits the upload as the object of this key, durably. Call it only within {@link exclusively}.
   */
  commit(upload: Upload, fields: ObjectFields): Promise<ObjectRecord>;
  /**
   * Removes the object of this key, if there is one, durably. Call it only within
   * {@link exclusively}.
   */
  remove(key: string): Promise<Deletion>;
};

/**
 * Creates a store of objects as files, `objects/<SHA-256 of the key, in hex>`, each in the form of
 * {@link appendRecord} with its key. Any key thus becomes a safe name of fixed length, no key lies
 * inside another, and file systems that fold case or Unicode do no harm.
 *
 * Bytes are written to `incoming/` first, and renamed when they are complete and synced.
 * `incoming/` is emptied at the start. All records are in memory, read from the files at the start.
 * Throws {@link DataFolderUnusable} for a file in `objects/` that is not a complete object.
 */
export function createObjectStore(
  folder: string,
  options: { versioned: boolean; nextSequencer: () => string },
): ObjectStore {
  const objects = join(folder, 'objects');
  const incoming = join(folder, 'incoming');
  mkdirSync(objects, { recursive: true, mode: PRIVATE_FOLDER });
  mkdirSync(incoming, { recursive: true, mode: PRIVATE_FOLDER });
  emptyFolderSync(incoming);
  const index = createKeyIndex(readObjects(objects));
  const exclusively = createKeyedLock();

  const pathOf = (key: string) => join(objects, fileNameOf(key));
  const mark = () => ({
    sequencer: options.nextSequencer(),
    ...(options.versioned && { versionId: randomBytes(24).toString('base64url') }),
  });

  return {
    find: (key) => index.get(key),
    list: (listing) => index.list(listing),
    exclusively,
    open: (key) => openObject(pathOf(key)),
    upload: (chunks) => receive(join(incoming, randomUUID()), chunks),

    async commit(upload, fields) {
      const record: ObjectRecord = {
        ...fields,
        ...mark(),
        sizeBytes: upload.sizeBytes,
        etag: upload.etag,
        lastModified: new Date(Math.floor(Date.now() / 1000) * 1000).toISOString(),
      };
      await upload.moveTo(pathOf(fields.key), record);
      index.set(fields.key, record);
      await syncFolder(objects);
      return record;
    },

    async remove(key) {
      await rm(pathOf(key), { force: true });
      index.delete(key);
      await syncFolder(objects);
      return { key, ...mark() };
    },
  };
}

function fileNameOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function* readObjects(folder: string): Generator<[key: string, record: ObjectRecord]> {
  for (const name of readdirSync(folder)) {
    // File managers leave files of their own.
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const descriptor = openSync(join(folder, name), 'r');
    try {
      const record = readRecord(descriptor);
      if (!record || fileNameOf(record.key) !== name) {
        throw new DataFolderUnusable(
          folder,
          `the file [${name}] is not a complete object. Move it away to start without it`,
        );
      }
      yield [record.key, record];
    } finally {
      closeSync(descriptor);
    }
  }
}

async function openObject(path: string): Promise<OpenObject | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const record = readRecord(file.fd);
  if (!record) {
    await file.close();
    throw new Error(`Expected a complete object in [${path}]`);
  }
  return {
    record,
    read({ first, last } = { first: 0, last: record.sizeBytes - 1 }) {
      return record.sizeBytes === 0 ? readNothing(file) : file.createReadStream({ start: first, end: last });
    },
    close: () => file.close(),
  };
}

/** Returns an empty stream, which a file stream cannot be. */
function readNothing(file: FileHandle): Readable {
  return new Readable({
    read() {
      this.push(null);
    },
    destroy(error, done) {
      file.close().then(() => done(error), done);
    },
  });
}

async function receive(path: string, chunks: AsyncIterable<Buffer>): Promise<Upload> {
  const file = await open(path, 'wx', PRIVATE_FILE);
  const md5 = createHash('md5');
  let sizeBytes = 0;
  let moved = false;
  const dispose = async () => {
    await file.close();
    if (!moved) await rm(path, { force: true });
  };
  try {
    for await (const chunk of chunks) {
      md5.update(chunk);
      sizeBytes += chunk.length;
      await file.appendFile(chunk);
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    sizeBytes,
    etag: md5.digest('hex'),
    async moveTo(target, record) {
      await appendRecord(file, record);
      await rename(path, target);
      moved = true;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
