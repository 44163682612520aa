import { type Http, unexpectedAnswer } from './http.ts';
import type { Lifetime } from './lifetime.ts';

/**
 * A document of a process: the JSON that its start or one of its steps wrote.
 *
 * @example
 * const { content } = document as ProcessDocument<{ total: number }>;
 */
export type ProcessDocument<Content = unknown> = {
  step: string;
  bytes: number;
  writtenAt: string;
  /** The document itself, parsed. */
  content: Content;
  /** Serves the document's text to whoever holds it, for some minutes. */
  url: string;
};

/**
 * Everything that a process has written so far.
 *
 * @example
 * const { input, steps, output }: ProcessData = await client.data(processId);
 */
export type ProcessData = {
  processId: string;
  /** What the process was started with. */
  input: ProcessDocument;
  /** The output of each step that has finished, oldest first. */
  steps: ProcessDocument[];
  /** The document of the step that the definition names as its output; null until it is written. */
  output: ProcessDocument | null;
};

/** A document as the API sends it: `json` is null when it would not fit an AppSync response. */
export type WireDocument = Omit<ProcessDocument, 'content'> & { json: string | null };

/** GraphQL selection of a {@link WireDocument}. */
export const DOCUMENT = '{ step bytes writtenAt json url }';

/** The document with its content; from its address, which is presigned, where the API's answer does not hold it. */
export async function readDocument(
  { json, ...document }: WireDocument,
  http: Http,
  lifetime: Lifetime,
): Promise<ProcessDocument> {
  let text = json;
  if (text === null) {
    const answer = await http(document.url, {}, lifetime);
    if (answer.status !== 200) throw unexpectedAnswer(document.url, answer);
    text = answer.text;
  }
  return { ...document, content: JSON.parse(text) };
}
