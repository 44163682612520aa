/**
 * The documents of a process: written once, never changed, read in parallel. document-order.ts
 * sorts them.
 */
import {
  compareParts,
  type DataRef,
  InvalidKey,
  inputKey,
  parseStepKey,
  type StepRef,
  stepKey,
  stepsPrefix,
} from './keys.ts';
import {
  type Bucket,
  getMetadata,
  getObject,
  type ListedObject,
  listFolder,
  listObjects,
  putObject,
  type StoredObject,
} from './objects.ts';

/** Name under which a step reads the input of its process. No step may have this name. */
export const INPUT = 'input';

/** S3 limits the metadata of an object to 2 KB; the rest is reserved for names. */
const MAX_ROUTE_BYTES = 1_500;

/**
 * Metadata key of the time at which the step began to write the document, in milliseconds since the
 * epoch.
 */
export const WRITTEN_AT = 'writtenat';

/** Small values that a step returns to the state machine. */
export type Route = Record<string, unknown>;

/** Metadata of the input, written by the first start and compared with later starts of the id. */
export type InputHeader = {
  /** Hash of the input, independent of the order of its keys. */
  sha256: string;
  /** Start time of the process, even if a later call completes the start. */
  startedAt: string;
  /** Identifies the call that wrote the input. */
  startId: string;
};

/** A document as listed. */
export type ListedDocument = StepRef & ListedObject;

/** Thrown when a step returns a `route` that does not fit into the metadata of its document. */
class RouteTooLarge extends Error {
  override readonly name = 'RouteTooLarge';

  constructor(bytes: number) {
    super(
      `Expected a route of at most ${MAX_ROUTE_BYTES} bytes, got ${bytes}: move data to the output and return only what the machine reads. ` +
        'For a Map, return the number of items: States.ArrayRange makes the list, and each item reads its part of the document',
    );
  }
}

/** Writes the input. Returns false if the process already has one. */
export function writeInput(
  bucket: Bucket,
  data: DataRef,
  json: string,
  header: InputHeader,
): Promise<boolean> {
  return putObject(bucket, inputKey(data), json, { ifNoneMatch: '*' }, header);
}

/** Returns the metadata of the input; undefined if there is no input. */
export async function readInputHeader(bucket: Bucket, data: DataRef): Promise<InputHeader | undefined> {
  // S3 returns metadata names in lowercase.
  const metadata = await getMetadata(bucket, inputKey(data));
  return (
    metadata && {
      sha256: metadata.sha256 ?? '',
      startedAt: metadata.startedat ?? '',
      startId: metadata.startid ?? '',
    }
  );
}

/**
 * Writes a document. Returns false, and changes nothing, if the step already has one.
 *
 * The time is stored in the metadata, because S3 timestamps have whole seconds. Throws
 * {@link RouteTooLarge}.
 */
export function writeDocument(
  bucket: Bucket,
  data: DataRef,
  step: StepRef,
  json: string,
  route: Route,
): Promise<boolean> {
  const encoded = encodeURIComponent(JSON.stringify(route));
  if (encoded.length > MAX_ROUTE_BYTES) throw new RouteTooLarge(encoded.length);
  const metadata = { route: encoded, [WRITTEN_AT]: String(Date.now()) };
  return putObject(bucket, stepKey(data, step), json, { ifNoneMatch: '*' }, metadata);
}

/** Returns the routing values of a step; undefined until it has written its document. */
export async function readRoute(bucket: Bucket, data: DataRef, step: StepRef): Promise<Route | undefined> {
  const metadata = await getMetadata(bucket, stepKey(data, step));
  return metadata && (JSON.parse(decodeURIComponent(metadata.route ?? '%7B%7D')) as Route);
}

/** Reads the document of a step, or the input as `input`; undefined until it is written. */
export function readDocument(
  bucket: Bucket,
  data: DataRef,
  step: StepRef,
): Promise<StoredObject | undefined> {
  return getObject(bucket, documentKey(data, step));
}

/**
 * Lists every document that the process's steps have written, in key order, without the input.
 *
 * Malformed keys are skipped: a step's function has permission to write them, and they must not
 * make the other documents unreadable.
 */
export async function listDocuments(bucket: Bucket, data: DataRef): Promise<ListedDocument[]> {
  const objects = await listObjects(bucket, stepsPrefix(data));
  return objects.flatMap((object) => {
    const step = toStepRef(object.key);
    return step ? [{ ...object, ...step }] : [];
  });
}

/**
 * Lists the documents of one step, in the order of their parts. `under` limits the list to those
 * below the items of a Map.
 */
export async function listStepDocuments(
  bucket: Bucket,
  data: DataRef,
  step: string,
  under?: string,
): Promise<ListedDocument[]> {
  const key = stepKey(data, under === undefined ? { step } : { step, part: under });
  const isBelow = under === undefined ? '' : '/';
  const objects = await listObjects(bucket, key.slice(0, -'.json'.length) + isBelow);
  return objects
    .flatMap((object) => ({ ...object, ...(toStepRef(object.key) ?? { step: '' }) }))
    .filter((document) => document.step === step)
    .sort(compareParts);
}

/**
 * Returns the number of distinct steps that have written a document. Takes one request, however
 * many items the Maps have.
 */
export async function countSteps(bucket: Bucket, data: DataRef): Promise<number> {
  const keys = await listFolder(bucket, stepsPrefix(data));
  // A step in a Map or a loop has a folder.
  const steps = keys.map((key) => toStepRef(key.endsWith('/') ? `${key}0.json` : key)?.step);
  return new Set(steps.filter((step) => step !== undefined)).size;
}

function toStepRef(key: string): StepRef | undefined {
  try {
    const { step, part } = parseStepKey(key);
    return part === undefined ? { step } : { step, part };
  } catch (error) {
    if (error instanceof InvalidKey) return undefined;
    throw error;
  }
}

/** Returns the key of a step's document, or of the input. */
export function documentKey(data: DataRef, { step, part }: StepRef): string {
  if (step === INPUT) return inputKey(data);
  return stepKey(data, part === undefined ? { step } : { step, part });
}
