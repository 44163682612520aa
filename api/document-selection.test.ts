import { expect, it } from 'vitest';
import { documentSelection } from './document-selection.ts';

const EVERYTHING = { json: true, url: true };

it('names alone need neither the documents nor their URLs', () => {
  expect(documentSelection(['steps', 'steps/step', 'steps/part', 'steps/writtenAt', 'nextToken'])).toEqual({
    input: undefined,
    steps: { json: false, url: false },
    output: undefined,
  });
});

it('each of the input, the steps and the output counts by itself', () => {
  expect(documentSelection(['input', 'input/bytes', 'output', 'output/json', 'steps', 'steps/url'])).toEqual({
    input: { json: false, url: false },
    output: { json: true, url: false },
    steps: { json: false, url: true },
  });
});

it.each([
  ['an alias of a document', ['all', 'all/json']],
  ['an alias in a document', ['steps', 'steps/content']],
  ['a field that is not known here', ['steps', 'steps/later']],
  ['nothing', []],
])('everything counts as selected for %s', (_, selection) => {
  expect(documentSelection(selection)).toEqual({ input: EVERYTHING, steps: EVERYTHING, output: EVERYTHING });
});
