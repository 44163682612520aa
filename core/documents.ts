/**
 * The documents of a process: written once, never changed, read in parallel. Their order is in
 * document-order.ts.
 */
import {
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

/** The name by which a step reads what the process was started with; no step may be called so. */
export const INPUT = 'input';

/** What S3 lets an object carry beside its content is 2 KB; the rest is room for names. */
const MAX_ROUTE_BYTES = 1_500;

/**
 * The name in a document's metadata of the time at which its step began to write it, in
 * milliseconds since the epoch.
 */
export const WRITTEN_AT = 'writtenat';

/** Small values that join the state of the execution, for Choice states to read. */
export type Route = Record<string, unknown>;

/**
 * What is kept beside the input: of the first start, with which later starts of the id are
 * compared.
 */
export type InputHeader = {
  /** Over the input, whatever the order of its keys. */
  sha256: string;
  /** When it was made: the process's own start, whichever call brings it to its end. */
  startedAt: string;
  /** Names the call that made it. */
  startId: string;
};

/** A document as it lies in the bucket. */
export type ListedDocument = StepRef & ListedObject;

/** Thrown when a step returns more in `route` than may travel through the execution. */
class RouteTooLarge extends Error {
  override readonly name = 'RouteTooLarge';

  constructor(bytes: number) {
    super(
      `Expected routing values of at most ${MAX_ROUTE_BYTES} bytes, got ${bytes}: put data into the output and keep only what a Choice state reads`,
    );
  }
}

/** True when the input was written, false when the process has one already. */
export function writeInput(
  bucket: Bucket,
  data: DataRef,
  json: string,
  header: InputHeader,
): Promise<boolean> {
  return putObject(bucket, inputKey(data), json, { ifNoneMatch: '*' }, header);
}

/** What the process was started with, without the input itself; undefined where there is none. */
export async function readInputHeader(bucket: Bucket, data: DataRef): Promise<InputHeader | undefined> {
  // S3 gives the names of metadata back in lower case.
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
 * True when the document was written, false when the step has one already; then nothing changed.
 * The time is kept beside the document, because S3 dates objects to the whole second only. Throws
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

/** What a finished step told the execution; undefined while it has written no document. */
export async function readRoute(bucket: Bucket, data: DataRef, step: StepRef): Promise<Route | undefined> {
  const metadata = await getMetadata(bucket, stepKey(data, step));
  return metadata && (JSON.parse(decodeURIComponent(metadata.route ?? '%7B%7D')) as Route);
}

/**
 * A document by its step's name, or the input by `input`; undefined where it is not written yet.
 */
export function readDocument(
  bucket: Bucket,
  data: DataRef,
  step: StepRef,
): Promise<StoredObject | undefined> {
  return getObject(bucket, documentKey(data, step));
}

/**
 * Every document that the process's steps have written, in the order of their keys; without the
 * input. A key that no step's wrapper would write is left out: a step's function has the right to
 * write it, and it must not make the others unreadable.
 */
export async function listDocuments(bucket: Bucket, data: DataRef): Promise<ListedDocument[]> {
  const objects = await listObjects(bucket, stepsPrefix(data));
  return objects.flatMap((object) => {
    const step = toStepRef(object.key);
    return step ? [{ ...object, ...step }] : [];
  });
}

/**
 * How many different steps have written a document. One request, however many items their Maps
 * have.
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

/** The key of a step's document, or of the input. */
export function documentKey(data: DataRef, { step, part }: StepRef): string {
  if (step === INPUT) return inputKey(data);
  return stepKey(data, part === undefined ? { step } : { step, part });
}
