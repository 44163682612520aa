/** Selected fields of a document that take time to provide; undefined if none is selected. */
export type DocumentSelection = { json: boolean; url: boolean } | undefined;

const PARTS = ['input', 'steps', 'output'] as const;
const DOCUMENT_FIELDS = ['step', 'part', 'bytes', 'writtenAt', 'json', 'url', '__typename'];
const KNOWN = new Set([
  ...['processId', 'nextToken', '__typename', ...PARTS],
  ...PARTS.flatMap((part) => DOCUMENT_FIELDS.map((field) => `${part}/${field}`)),
]);

/**
 * Returns what is selected of the input, the steps and the output, so that documents are only read
 * and signed if needed. An alias hides the name of a field: everything counts as selected if the
 * selection has one, or is unknown.
 */
export function documentSelection(
  selection: readonly string[],
): Record<(typeof PARTS)[number], DocumentSelection> {
  const everything = selection.length === 0 || selection.some((path) => !KNOWN.has(path));
  const selects = (path: string) => everything || selection.includes(path);
  const of = (part: string) =>
    selects(part) ? { json: selects(`${part}/json`), url: selects(`${part}/url`) } : undefined;
  return { input: of('input'), steps: of('steps'), output: of('output') };
}
