import type { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactTime, latestOf, pageOf } from './document-order.ts';
import { type ListedDocument, WRITTEN_AT } from './documents.ts';
import type { StepRef } from './keys.ts';
import type { Bucket } from './objects.ts';

type Written = StepRef & { atMs: number; keptMs?: number };

/**
 * Documents as S3 lists them, in the order of their keys, and a bucket that has the times that
 * their steps kept.
 */
function written(documents: Written[]) {
  const keyOf = ({ step, part }: StepRef) => (part === undefined ? step : `${step}/${part}`);
  const kept = new Map(documents.map((document) => [keyOf(document), document.keptMs ?? document.atMs]));
  const heads: string[] = [];
  const client = {
    async send({ input: { Key = '' } }: HeadObjectCommand) {
      heads.push(Key);
      return { Metadata: { [WRITTEN_AT]: String(kept.get(Key)) } };
    },
  };
  const listed = documents
    .map(({ atMs, keptMs: _, ...ref }): ListedDocument => {
      const writtenAt = new Date(Math.floor(atMs / 1_000) * 1_000);
      return { ...ref, key: keyOf(ref), bytes: 1, writtenAt };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const bucket: Bucket = { client: client as unknown as S3Client, name: 'memory' };
  return { listed, bucket, heads };
}

const namesOf = (documents: readonly ListedDocument[] = []) => documents.map(({ key }) => key);

describe('a page of documents', () => {
  it('is in the order of writing within a second', async () => {
    const { listed, bucket } = written(
      ['C', 'A', 'B'].map((step, index) => ({ step, atMs: 5_100 + index * 200 })),
    );
    const page = await pageOf(bucket, listed, ['A', 'B', 'C'], 10);
    expect(namesOf(page?.documents)).toEqual(['C', 'A', 'B']);
    expect(page?.documents.map(({ writtenAt }) => writtenAt.getTime())).toEqual([5_100, 5_300, 5_500]);
  });

  it('is in the order of the definition, then of the indexes, within a millisecond', async () => {
    const { listed, bucket } = written([
      ...['10', '2', '1', '0', '11'].map((part) => ({ step: 'Pack', part, atMs: 5_000 })),
      ...['Zip', 'Ask', 'Unknown'].map((step) => ({ step, atMs: 5_000 })),
    ]);
    const page = await pageOf(bucket, listed, ['Zip', 'Pack', 'Ask'], 10);
    const packed = ['Pack/0', 'Pack/1', 'Pack/2', 'Pack/10', 'Pack/11'];
    expect(namesOf(page?.documents)).toEqual(['Zip', ...packed, 'Ask', 'Unknown']);
  });

  it('reads the exact time of a document once, and only if another one shares its second', async () => {
    const { listed, bucket, heads } = written([
      { step: 'A', atMs: 1_100 },
      { step: 'B', atMs: 2_300 },
      { step: 'C', atMs: 2_200 },
    ]);
    const page = await pageOf(bucket, listed, [], 10);
    expect(namesOf(page?.documents)).toEqual(['A', 'C', 'B']);
    expect(heads.sort()).toEqual(['B', 'C']);
    expect(await pageOf(bucket, listed, [], 10)).toEqual(page);
    expect(heads).toHaveLength(2);
  });

  it('after page returns every document once, in order', async () => {
    const document = fc.record({ atMs: fc.integer({ min: 0, max: 9_999 }), slowMs: fc.nat(1_500) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (documents, limit) => {
          const { listed, bucket } = written(
            documents.map(({ atMs, slowMs }, index) => ({
              step: 'S',
              part: String(index),
              atMs: atMs + slowMs,
              keptMs: atMs,
            })),
          );
          const whole = await pageOf(bucket, listed, ['S'], 1_000);
          const paged: ListedDocument[] = [];
          let requests = 0;
          for (let more = true; more; ) {
            const page = await pageOf(bucket, listed, ['S'], limit, paged.at(-1));
            requests += 1;
            paged.push(...(page?.documents ?? []));
            more = page?.more ?? false;
          }
          expect(paged).toEqual(whole?.documents);
          expect(whole?.more).toBe(false);
          expect(requests).toBe(Math.max(1, Math.ceil(documents.length / limit)));
          const times = paged.map(({ writtenAt }) => writtenAt.getTime());
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  it('after an unknown document is undefined', async () => {
    const { listed, bucket } = written([{ step: 'A', atMs: 0 }]);
    expect(await pageOf(bucket, listed, [], 10, { step: 'B' })).toBeUndefined();
    expect(await pageOf(bucket, listed, [], 10, { step: 'A', part: '0' })).toBeUndefined();
    expect(await pageOf(bucket, [], [], 10)).toEqual({ documents: [], more: false });
  });
});

it('the latest document is the last one in order', async () => {
  const { listed, bucket } = written([
    { step: 'A', part: '0', atMs: 3_900 },
    { step: 'A', part: '1', atMs: 3_100 },
    { step: 'A', part: '2', atMs: 2_999 },
  ]);
  expect(await latestOf(bucket, listed, ['A'])).toMatchObject({ key: 'A/0' });
  expect(await latestOf(bucket, [], ['A'])).toBeUndefined();
});

it('the exact time stays in the second of S3, and equals it without a stored time', () => {
  const second = new Date('2026-01-01T00:00:07Z');
  const exact = (iso: string) => exactTime(second, { [WRITTEN_AT]: String(Date.parse(iso)) }).toISOString();
  expect(exact('2026-01-01T00:00:07.123Z')).toBe('2026-01-01T00:00:07.123Z');
  expect(exact('2026-01-01T00:00:05.123Z')).toBe('2026-01-01T00:00:07.000Z');
  expect(exact('2026-01-01T00:00:09.123Z')).toBe('2026-01-01T00:00:07.999Z');
  for (const metadata of [undefined, {}, { [WRITTEN_AT]: 'soon' }, { [WRITTEN_AT]: '' }]) {
    expect(exactTime(second, metadata)).toEqual(second);
  }
});
