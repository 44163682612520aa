import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EmitEvent } from '../common/aws-event.ts';
import { DataFolderUnusable } from '../common/errors.ts';
import { PRIVATE_FOLDER } from '../common/private-files.ts';
import type { CorsRule } from './cors.ts';
import { createObjectStore, type ObjectStore } from './object-store.ts';
import { createSequence } from './sequence.ts';

/** A bucket, as in the template. */
export type BucketDefinition = {
  name: string;
  /** Objects get version ids, but old versions are not stored. */
  versioned: boolean;
  /** Changes are sent to EventBridge. */
  eventBridge: boolean;
  /**
   * In order: the first rule that matches a request applies. Without rules, no page of another
   * origin may call the bucket.
   */
  cors: readonly CorsRule[];
};

/** A served bucket. */
export type Bucket = {
  name: string;
  versioned: boolean;
  cors: readonly CorsRule[];
  objects: ObjectStore;
  /** Does nothing for a bucket without EventBridge. */
  emit: EmitEvent;
};

/** The open buckets by name. `update` replaces them, as {@link openBuckets} opens them. */
type OpenBuckets = {
  buckets: ReadonlyMap<string, Bucket>;
  update(definitions: readonly BucketDefinition[]): void;
};

/**
 * Opens the buckets, each in its own folder, and creates missing folders. It reads the records of
 * all objects: 20,000 take half a second. Throws {@link DataFolderUnusable}.
 */
export function openBuckets(
  folder: string,
  definitions: readonly BucketDefinition[],
  emit: EmitEvent,
): OpenBuckets {
  const nextSequencer = inDataFolder(folder, () => {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    return createSequence(folder);
  });
  const buckets = new Map<string, Bucket>();
  /** Each is opened once, since it has its records in memory. */
  const stores = new Map<string, ObjectStore>();

  function open({ name, versioned, eventBridge, cors }: BucketDefinition): Bucket {
    const settings = {
      get versioned() {
        return buckets.get(name)?.versioned ?? versioned;
      },
      nextSequencer,
    };
    const objects = stores.get(name) ?? createObjectStore(join(folder, folderOf(name)), settings);
    stores.set(name, objects);
    return { name, versioned, cors, objects, emit: eventBridge ? emit : () => {} };
  }

  function update(all: readonly BucketDefinition[]): void {
    const opened = inDataFolder(folder, () => all.map(open));
    buckets.clear();
    for (const bucket of opened) buckets.set(bucket.name, bucket);
  }

  update(definitions);
  return { buckets, update };
}

function inDataFolder<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw new DataFolderUnusable(folder, error.message, { cause: error });
    }
    throw error;
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function folderOf(name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
    throw new RangeError(
      `Expected a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens, got [${name}]`,
    );
  }
  return name;
}
