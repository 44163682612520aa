import { type Definition, definitions } from '../data/definitions.ts';
import { INPUT, listDocuments, readDocument } from '../data/documents.ts';
import type { ProcessRef, StepRef } from '../data/keys.ts';
import { bucketFromEnvironment } from '../data/objects.ts';
import { documentUrl } from './document-url.ts';
import { InvalidInput, ProcessNotFound } from './errors.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

type Listed = StepRef & { bytes: number; writtenAt: Date };
type Document = { step: string; bytes: number; writtenAt: string; json: unknown; url: string };

/** A resolver's answer may have 5 MB, and the documents' quotes are escaped in AppSync's. The rest goes by address alone. */
const MAX_INLINE_BYTES = 2_000_000;

const bucket = bucketFromEnvironment();

/** The documents, as many inline as fit: the output first, then the input, then the steps from the oldest. */
export const handler = field(async (args: { processId: string; steps?: string[] | null }, owner) => {
  const { processId } = args;
  const process = { owner, processId };
  const record = await requireState(bucket, owner, processId);
  const definition = definitions().get(record.definition);
  if (args.steps) refuseUnknownSteps(args.steps, definition);

  const [input, documents] = await Promise.all([
    readDocument(bucket, process, { step: INPUT }),
    listDocuments(bucket, process),
  ]);
  if (!input) throw new ProcessNotFound(processId);
  const inputListed = { step: INPUT, bytes: input.bytes, writtenAt: input.writtenAt };
  const output = documents.findLast(({ step }) => step === definition?.outputStep);
  const steps = documents.filter(({ step }) => !args.steps || args.steps.includes(step));

  const inline = chooseInline([...(output ? [output] : []), inputListed, ...steps]);
  const read = new Map<Listed, Promise<Document>>();
  const document = (listed: Listed) => {
    const reading = read.get(listed) ?? toDocument(process, listed, inline.has(listed));
    read.set(listed, reading);
    return reading;
  };
  return {
    processId,
    input: await document(inputListed),
    steps: await Promise.all(steps.map(document)),
    output: output ? await document(output) : null,
  };
});

function refuseUnknownSteps(steps: string[], definition: Definition | undefined): void {
  const unknown = steps.filter((step) => definition && !definition.steps.includes(step));
  if (unknown.length > 0) {
    throw new InvalidInput(`[${definition?.name}] has no step [${unknown.join(', ').slice(0, 200)}]`, [
      { path: '/steps', message: `must be of [${definition?.steps.join(', ')}]` },
    ]);
  }
}

function chooseInline(documents: Listed[]): Set<Listed> {
  const inline = new Set<Listed>();
  let left = MAX_INLINE_BYTES;
  for (const document of documents) {
    if (inline.has(document) || document.bytes > left) continue;
    inline.add(document);
    left -= document.bytes;
  }
  return inline;
}

async function toDocument(process: ProcessRef, listed: Listed, inline: boolean): Promise<Document> {
  const [object, url] = await Promise.all([
    inline ? readDocument(bucket, process, listed) : undefined,
    documentUrl(bucket, process, listed),
  ]);
  return {
    step: listed.part === undefined ? listed.step : `${listed.step}/${listed.part}`,
    bytes: listed.bytes,
    writtenAt: listed.writtenAt.toISOString(),
    json: object ? JSON.parse(object.text) : null,
    url,
  };
}
