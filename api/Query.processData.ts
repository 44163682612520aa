import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Document, ProcessData, ProcessDataArguments } from '../core/api-types.ts';
import { concurrently } from '../core/concurrently.ts';
import { type Definition, definitions } from '../core/definitions.ts';
import { exactTime, latestOf, pageOf } from '../core/document-order.ts';
import { documentKey, INPUT, type ListedDocument, listDocuments, readDocument } from '../core/documents.ts';
import { InvalidInput, ProcessNotFound } from '../core/errors.ts';
import type { DataRef, StepRef } from '../core/keys.ts';
import { bucketFromEnvironment, type StoredObject } from '../core/objects.ts';
import { type DocumentSelection, documentSelection } from './document-selection.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

type Listed = StepRef & { bytes: number; writtenAt: Date; object?: StoredObject };
/** The URL is null if it is not selected. */
type SelectedDocument = Omit<Document, 'url'> & { url: string | null };
/** The response without what is not selected. */
type SelectedData = Omit<ProcessData, 'input' | 'steps' | 'output'> & {
  input: SelectedDocument | null;
  steps: (SelectedDocument | undefined)[];
  output: SelectedDocument | null;
};

/** Steps in a page. A resolver's result is limited to 5 MB, and a presigned URL has up to 2 kB. */
const PAGE = 250;
/**
 * Steps in a page without content and URLs. A document then takes about 100 bytes, and each page
 * costs a listing of all documents.
 */
const PAGE_OF_NAMES = 1_000;
/**
 * Inline content in a page. AppSync escapes quotes, which can double the size. Documents beyond the
 * limit only have a URL.
 */
const MAX_INLINE_BYTES = 2_000_000;
/** Long enough to begin a download, short enough to limit the damage of a leaked URL. */
const URL_EXPIRES_IN_SECONDS = 900;
/** The SDK's clients have 50 sockets. */
const READS_AT_A_TIME = 40;

const bucket = bucketFromEnvironment();

/**
 * Returns a page of the documents, with as much inline content as fits: first the output, then the
 * input, then the steps in the order of writing.
 */
export const handler = field(async (args: ProcessDataArguments, owner, selection): Promise<SelectedData> => {
  const { processId } = args;
  const selected = documentSelection(selection);
  const record = await requireState(bucket, owner, processId);
  const data: DataRef = { owner, processId, definition: record.definition };
  const definition = definitions().get(record.definition);
  const order = definition?.steps ?? [];

  const [input, all] = await Promise.all([
    selected.input && readDocument(bucket, data, { step: INPUT }),
    selected.steps || selected.output ? listDocuments(bucket, data) : [],
  ]);
  if (selected.input && !input) throw new ProcessNotFound(processId);
  if (definition) rejectUnknownSteps(args.steps ?? [], definition, all);
  const outputStep = record.outputStep ?? definition?.outputStep;
  const outputs = all.filter(({ step }) => step === outputStep);
  const output = selected.output && (await latestOf(bucket, outputs, order));
  const page = await pageOfSteps(args, selected.steps, all, order);

  let inlineBytesLeft = MAX_INLINE_BYTES;
  const reader = (listed: Listed, { json, url }: NonNullable<DocumentSelection>) => {
    const inline = json && listed.bytes <= inlineBytesLeft;
    if (inline) inlineBytesLeft -= listed.bytes;
    return () => read(data, listed, inline, url);
  };
  const readOutput = selected.output && output && reader(output, selected.output);
  const readInput =
    selected.input && input && reader({ ...input, step: INPUT, object: input }, selected.input);
  const readSteps = page.documents.map((listed) => selected.steps && reader(listed, selected.steps));
  return {
    processId,
    output: (await readOutput?.()) ?? null,
    input: (await readInput?.()) ?? null,
    steps: await concurrently(readSteps, READS_AT_A_TIME, async (readStep) => readStep?.()),
    nextToken: page.nextToken,
  };
});

async function pageOfSteps(
  { steps, nextToken }: ProcessDataArguments,
  selected: DocumentSelection,
  all: ListedDocument[],
  order: readonly string[],
): Promise<{ documents: ListedDocument[]; nextToken: string | null }> {
  if (!selected) return { documents: [], nextToken: null };
  const wanted = steps ? all.filter(({ step }) => steps.includes(step)) : all;
  const limit = selected.json || selected.url ? PAGE : PAGE_OF_NAMES;
  const after = nextToken === null || nextToken === undefined ? undefined : fromToken(nextToken);
  const page = await pageOf(bucket, wanted, order, limit, after);
  if (!page) {
    throw new InvalidInput('Expected nextToken to be from a previous page of this process and these steps', [
      { path: '/nextToken', message: 'must be from a previous page' },
    ]);
  }
  const last = page.documents.at(-1);
  return { documents: page.documents, nextToken: page.more && last ? toToken(last) : null };
}

/**
 * Encodes the last document of a page as a token. Documents never change, so a token is valid until
 * they expire.
 */
function toToken({ step, part }: StepRef): string {
  return Buffer.from(part === undefined ? step : `${step}/${part}`).toString('base64url');
}

function fromToken(token: string): StepRef {
  const [step = '', ...parts] = Buffer.from(token, 'base64url').toString().split('/');
  return parts.length === 0 ? { step } : { step, part: parts.join('/') };
}

/** Accepts steps that the definition no longer has, if the process has documents of them. */
function rejectUnknownSteps(steps: string[], definition: Definition, written: ListedDocument[]): void {
  const known = new Set([...definition.steps, ...written.map(({ step }) => step)]);
  const unknown = steps.filter((step) => !known.has(step));
  if (unknown.length > 0) {
    throw new InvalidInput(
      `Expected steps of [${definition.name}], got [${unknown.join(', ').slice(0, 200)}]`,
      [{ path: '/steps', message: `must be among [${definition.steps.join(', ')}]` }],
    );
  }
}

async function read(data: DataRef, listed: Listed, json: boolean, url: boolean): Promise<SelectedDocument> {
  const [object, signed] = await Promise.all([
    json ? (listed.object ?? readDocument(bucket, data, listed)) : undefined,
    url ? documentUrl(data, listed) : null,
  ]);
  return {
    step: listed.step,
    part: listed.part ?? null,
    bytes: listed.bytes,
    writtenAt: exactTime(listed.writtenAt, object?.metadata).toISOString(),
    json: object ? JSON.parse(object.text) : null,
    url: signed,
  };
}

/** Returns a URL that grants anyone read access to the document, for 15 minutes. */
function documentUrl(data: DataRef, step: StepRef): Promise<string> {
  const command = new GetObjectCommand({ Bucket: bucket.name, Key: documentKey(data, step) });
  return getSignedUrl(bucket.client, command, { expiresIn: URL_EXPIRES_IN_SECONDS });
}
