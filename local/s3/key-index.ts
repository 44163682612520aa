/** A listing request, in the terms of ListObjectsV2. */
export type Listing = {
  prefix: string;
  /** Empty for none. */
  delimiter: string;
  /** Lists only what comes after this key or common prefix; empty for all. */
  startAfter: string;
  /** The key to continue with, from {@link Listed.next}. */
  from: string;
  limit: number;
};

/** A page of a bucket's keys, in the order of their UTF-8 bytes. */
export type Listed<Value> = {
  values: Value[];
  commonPrefixes: string[];
  /** The first key of the next page; undefined on the last one. */
  next?: string;
};

/** The objects of a bucket by key, in memory. */
export type KeyIndex<Value> = {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  list(listing: Listing): Listed<Value>;
};

/**
 * Creates an index of keys sorted by their UTF-8 bytes, as S3 lists them. A look-up and the start
 * of a page take logarithmic time. Adding a key moves the keys behind it, which takes well under a
 * millisecond for 100,000 of them.
 *
 * Internally a key is a string with one character for each of its bytes. Such strings compare as
 * the bytes do, and prefixes stay prefixes.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 */
export function createKeyIndex<Value>(
  entries: Iterable<readonly [key: string, value: Value]>,
): KeyIndex<Value> {
  const values = new Map(Array.from(entries, ([key, value]) => [toBytes(key), value]));
  const sorted = [...values.keys()].sort();

  /** Returns the position of the first key that is not less than `bytes`. */
  function lowerBound(bytes: string): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? '') < bytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    get: (key) => values.get(toBytes(key)),
    set(key, value) {
      const bytes = toBytes(key);
      if (!values.has(bytes)) sorted.splice(lowerBound(bytes), 0, bytes);
      values.set(bytes, value);
    },
    delete(key) {
      const bytes = toBytes(key);
      if (values.delete(bytes)) sorted.splice(lowerBound(bytes), 1);
    },
    list(listing) {
      const prefix = toBytes(listing.prefix);
      const delimiter = toBytes(listing.delimiter);
      const startAfter = toBytes(listing.startAfter);
      const from = toBytes(listing.from);
      const listed: Listed<Value> = { values: [], commonPrefixes: [] };

      let position = Math.max(lowerBound(prefix), lowerBound(from), lowerBound(startAfter));
      for (;;) {
        const key = sorted[position];
        const value = key === undefined ? undefined : values.get(key);
        if (key === undefined || value === undefined || !key.startsWith(prefix)) return listed;

        const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
        const commonPrefix = end < 0 ? undefined : key.slice(0, end + delimiter.length);
        if ((commonPrefix ?? key) > startAfter) {
          if (listed.values.length + listed.commonPrefixes.length >= listing.limit) {
            return { ...listed, next: fromBytes(key) };
          }
          if (commonPrefix === undefined) listed.values.push(value);
          else listed.commonPrefixes.push(fromBytes(commonPrefix));
        }
        position = commonPrefix === undefined ? position + 1 : lowerBound(firstAfterPrefix(commonPrefix));
      }
    },
  };
}

/** Returns the least string that is greater than all strings with this prefix. */
function firstAfterPrefix(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

function toBytes(key: string): string {
  return Buffer.from(key, 'utf8').toString('latin1');
}

function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
