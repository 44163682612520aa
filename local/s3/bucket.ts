import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EmitEvent } from '../common/aws-event.ts';
import { DataFolderUnusable } from '../common/errors.ts';
import { PRIVATE_FOLDER } from '../common/private-files.ts';
import type { CorsRule } from './cors.ts';
import { createObjectStore, type ObjectStore } from './object-store.ts';
import { createSequence } from './sequence.ts';

/** What the template says of a bucket. */
export type BucketDefinition = {
  name: string;
  /** Objects get version ids; old versions are not kept. */
  versioned: boolean;
  /** Changes are sent to EventBridge. */
  eventBridge: boolean;
  /**
   * In order: the first that matches a request counts. Without any, no page of another origin may
   * call the bucket.
   */
  cors: readonly CorsRule[];
};

/** A bucket that is served. */
export type Bucket = {
  name: string;
  versioned: boolean;
  cors: readonly CorsRule[];
  objects: ObjectStore;
  /** Does nothing for a bucket that does not tell EventBridge. */
  emit: EmitEvent;
};

/**
 * Opens the buckets in one folder each and makes what is missing. Reads the records of all objects:
 * 20,000 take half a second. Throws {@link DataFolderUnusable}.
 */
export function openBuckets(
  folder: string,
  definitions: readonly BucketDefinition[],
  emit: EmitEvent,
): Map<string, Bucket> {
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    const nextSequencer = createSequence(folder);
    return new Map(
      definitions.map(({ name, versioned, eventBridge, cors }) => {
        const objects = createObjectStore(join(folder, folderOf(name)), { versioned, nextSequencer });
        return [name, { name, versioned, cors, objects, emit: eventBridge ? emit : () => {} }];
      }),
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw Object.assign(new DataFolderUnusable(folder, error.message), { cause: error });
    }
    throw error;
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function folderOf(name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
    throw new RangeError(
      `expected a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens, got [${name}]`,
    );
  }
  return name;
}
