import { Kind } from 'graphql';
import { expect, test } from 'vitest';
import { createDocumentReader, selectOperation } from './documents.ts';
import { buildAppSyncSchema } from './schema.ts';

const schema = buildAppSyncSchema('type Query { f(n: Int): String }');
const newReader = () => createDocumentReader(schema, { introspection: 'ENABLED' });

test('a document that was read is not read again, until 500 others were', () => {
  const read = newReader();
  const first = read('{ f }');
  for (let n = 0; n < 499; n += 1) read(`{ f(n: ${n}) }`);
  expect(read('{ f }')).toBe(first);
  for (let n = 500; n < 900; n += 1) read(`{ f(n: ${n}) }`);
  expect(read('{ f }')).toBe(first);
  for (let n = 0; n < 500; n += 1) read(`{ f(n: ${n}) }`);
  expect(read('{ f }')).not.toBe(first);
});

test('a large document is not cached', () => {
  const read = newReader();
  const query = `{ f } #${'x'.repeat(20_000)}`;
  expect(read(query)).not.toBe(read(query));
});

test('a document without an operation is rejected', () => {
  const { document } = newReader()('fragment F on Query { f }');
  expect(() => selectOperation(document, null)).toThrow('Unable to parse GraphQL query.');
});

test('an operation is found by its name', () => {
  const { document } = newReader()('query A { f } query B { f }');
  expect(selectOperation(document, 'B')).toMatchObject({
    kind: Kind.OPERATION_DEFINITION,
    name: { value: 'B' },
  });
});
