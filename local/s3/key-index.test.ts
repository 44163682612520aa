import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKeyIndex, type Listing } from './key-index.ts';

const all: Listing = { prefix: '', delimiter: '', startAfter: '', from: '', limit: 1000 };
const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }));
/** Few characters, so that keys, prefixes and delimiters meet. */
const unit = fc.constantFrom('a', '/', 'é', '\u{1f600}', '\uffff');
const shortKeys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6, unit }), { maxLength: 30 });
const prefixes = fc.string({ maxLength: 2, unit });
const delimiters = fc.string({ maxLength: 1, unit });

const indexOf = (list: string[]) => createKeyIndex(list.map((key) => [key, key]));
const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const after = (a: string, b: string) => compareBytes(a, b) > 0;

test('keys are listed in the order of their UTF-8 bytes, however they were added', () => {
  fc.assert(
    fc.property(keys, keys, (first, second) => {
      const index = indexOf(first);
      for (const key of second) index.set(key, key);
      const expected = [...new Set([...first, ...second])].sort(compareBytes);
      expect(index.list(all).values).toEqual(expected);
    }),
  );
});

test('a key that was deleted is not there, the others are', () => {
  fc.assert(
    fc.property(keys, (list) => {
      const index = indexOf(list);
      const [gone = '', ...left] = list;
      index.delete(gone);
      index.delete('never there');
      expect(index.get(gone)).toBeUndefined();
      expect(index.list(all).values).toEqual(left.sort(compareBytes));
    }),
  );
});

test('a key that is set again has its new value and is listed once', () => {
  const index = createKeyIndex([['a', 1]]);
  index.set('a', 2);
  expect(index.get('a')).toBe(2);
  expect(index.list(all).values).toEqual([2]);
});

describe('a listing', () => {
  test('groups and leaves out what the words of ListObjectsV2 say', () => {
    fc.assert(
      fc.property(
        shortKeys,
        prefixes,
        delimiters,
        fc.string({ maxLength: 4, unit }),
        (list, prefix, delimiter, startAfter) => {
          const values: string[] = [];
          const commonPrefixes = new Set<string>();
          for (const key of list.toSorted(compareBytes)) {
            if (!key.startsWith(prefix)) continue;
            const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
            const entry = end < 0 ? key : key.slice(0, end + delimiter.length);
            if (!after(entry, startAfter)) continue;
            if (end < 0) values.push(key);
            else commonPrefixes.add(entry);
          }
          expect(indexOf(list).list({ ...all, prefix, delimiter, startAfter })).toEqual({
            values,
            commonPrefixes: [...commonPrefixes],
          });
        },
      ),
    );
  });

  test('taken page by page gives the same as taken at once', () => {
    fc.assert(
      fc.property(
        shortKeys,
        prefixes,
        delimiters,
        fc.integer({ min: 1, max: 3 }),
        (list, prefix, delimiter, limit) => {
          const index = indexOf(list);
          const whole = index.list({ ...all, prefix, delimiter });
          const values: string[] = [];
          const commonPrefixes: string[] = [];
          let from: string | undefined = '';
          while (from !== undefined) {
            const page = index.list({ ...all, prefix, delimiter, limit, from });
            expect(page.values.length + page.commonPrefixes.length).toBeLessThanOrEqual(limit);
            values.push(...page.values);
            commonPrefixes.push(...page.commonPrefixes);
            from = page.next;
          }
          expect({ values, commonPrefixes }).toEqual(whole);
        },
      ),
    );
  });
});
