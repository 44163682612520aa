import type { Document, ProcessData as WireData } from './api-types.ts';
import { type Http, unexpectedAnswer } from './http.ts';
import type { Lifetime } from './lifetime.ts';

/**
 * A document of a process: the JSON that its start or one of its steps wrote.
 *
 * @example
 * const { content } = document as ProcessDocument<{ total: number }>;
 */
export type ProcessDocument<Content = unknown> = Omit<Document, 'json'> & {
  /** Parsed content of the document. */
  content: Content;
};

/**
 * Everything that a process has written so far.
 *
 * @example
 * const { input, steps, output }: ProcessData = await client.data(processId);
 */
export type ProcessData = Omit<WireData, 'input' | 'steps' | 'output' | 'nextToken'> & {
  /** What the process was started with. */
  input: ProcessDocument;
  /** What the steps have written, in the order of writing. */
  steps: ProcessDocument[];
  /**
   * The latest document of the step that the definition names as its output; null until it is
   * written.
   */
  output: ProcessDocument | null;
};

/** The document with its content: by its presigned URL where the response does not have it. */
export async function readDocument(
  { json, ...document }: Document,
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
