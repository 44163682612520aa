/**
 * Sorts a process's documents by the time of writing, and divides them into pages.
 *
 * S3 timestamps have whole seconds. Within a second, the time in the document's metadata decides,
 * then the step's position in the definition, then the part.
 */
import { concurrently } from './concurrently.ts';
import { type ListedDocument, WRITTEN_AT } from './documents.ts';
import { compareParts, type StepRef } from './keys.ts';
import { type Bucket, getMetadata } from './objects.ts';

/** Concurrent HEAD requests. The SDK's clients have 50 sockets. */
const HEADS_AT_A_TIME = 40;

/**
 * Cache of this execution environment. Documents never change, and a watch lists the same ones
 * repeatedly.
 */
const exactTimes = new WeakMap<Bucket, Map<string, Date>>();
const MAX_EXACT_TIMES = 20_000;

/** A page of a process's documents, in the order of writing. */
export type DocumentPage = { documents: ListedDocument[]; more: boolean };

/**
 * Returns the first `limit` documents after a document, or from the beginning. Undefined if `after`
 * is not among the documents.
 *
 * The exact time is only read for documents that may be on the page and share their second with
 * another. A page therefore costs at most about `limit` HEAD requests.
 */
export async function pageOf(
  bucket: Bucket,
  listed: readonly ListedDocument[],
  machineSteps: readonly string[],
  limit: number,
  after?: StepRef,
): Promise<DocumentPage | undefined> {
  const bySecond = listed.toSorted((a, b) => secondOf(a) - secondOf(b));
  const last = after && bySecond.find(({ step, part }) => step === after.step && part === after.part);
  if (after && !last) return undefined;
  const left = last ? bySecond.filter((document) => secondOf(document) >= secondOf(last)) : bySecond;
  // The position of `after` within its second is not known yet.
  const besideLast = last ? left.filter((document) => secondOf(document) === secondOf(last)).length : 0;
  const edge = left.at(Math.min(besideLast + limit, left.length) - 1);
  const reached = edge ? left.filter((document) => secondOf(document) <= secondOf(edge)) : [];
  const ordered = await inOrder(bucket, reached, machineSteps);
  const rest = last ? ordered.slice(ordered.findIndex(({ key }) => key === last.key) + 1) : ordered;
  return { documents: rest.slice(0, limit), more: rest.length > limit || reached.length < left.length };
}

/** Returns the document that was written last; undefined without documents. */
export async function latestOf(
  bucket: Bucket,
  listed: readonly ListedDocument[],
  machineSteps: readonly string[],
): Promise<ListedDocument | undefined> {
  const latestSecond = listed.reduce((latest, document) => Math.max(latest, secondOf(document)), 0);
  const latest = listed.filter((document) => secondOf(document) === latestSecond);
  return (await inOrder(bucket, latest, machineSteps)).at(-1);
}

/**
 * Refines S3's time by the step's own timestamp, limited to the same second. A slow write ends in a
 * later second than it began, and a function's clock may differ from S3's.
 */
export function exactTime(s3Time: Date, metadata: Record<string, string> | undefined): Date {
  const secondMs = Math.floor(s3Time.getTime() / 1_000) * 1_000;
  const writtenMs = Number(metadata?.[WRITTEN_AT]);
  if (!Number.isInteger(writtenMs)) return s3Time;
  return new Date(Math.min(Math.max(writtenMs, secondMs), secondMs + 999));
}

async function exactTimeOf(bucket: Bucket, { key, writtenAt }: ListedDocument): Promise<Date> {
  const times = exactTimes.get(bucket) ?? new Map<string, Date>();
  exactTimes.set(bucket, times);
  const known = times.get(key);
  if (known) return known;
  const time = exactTime(writtenAt, await getMetadata(bucket, key));
  if (times.size >= MAX_EXACT_TIMES) times.clear();
  times.set(key, time);
  return time;
}

async function inOrder(
  bucket: Bucket,
  documents: readonly ListedDocument[],
  machineSteps: readonly string[],
): Promise<ListedDocument[]> {
  const inSecond = Map.groupBy(documents, secondOf);
  const dated = await concurrently(documents, HEADS_AT_A_TIME, async (document) =>
    inSecond.get(secondOf(document))?.length === 1
      ? document
      : { ...document, writtenAt: await exactTimeOf(bucket, document) },
  );
  const place = new Map(machineSteps.map((step, index) => [step, index]));
  const placeOf = ({ step }: StepRef) => place.get(step) ?? machineSteps.length;
  return dated.sort(
    (a, b) =>
      a.writtenAt.getTime() - b.writtenAt.getTime() ||
      placeOf(a) - placeOf(b) ||
      (a.step < b.step ? -1 : a.step > b.step ? 1 : compareParts(a, b)),
  );
}

function secondOf({ writtenAt }: ListedDocument): number {
  return Math.floor(writtenAt.getTime() / 1_000);
}
