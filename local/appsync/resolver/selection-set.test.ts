import { executeSync, type GraphQLResolveInfo, parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildAppSyncSchema } from '../graphql/schema.ts';
import { onlySelected, selectionSetGraphQL, selectionSetList, withoutAliases } from './selection-set.ts';

const schema = buildAppSyncSchema(`
  interface Being { id: ID, name: String }
  type Person implements Being { id: ID, name: String, age: Int, friend: Person, beings: [Being] }
  type Robot implements Being { id: ID, name: String, model: String }
  type Query { person: Person, being: Being, text: String }
`);

function infoOf(query: string, variables: Record<string, unknown> = {}): GraphQLResolveInfo {
  const infos: GraphQLResolveInfo[] = [];
  executeSync({
    schema,
    document: parse(query),
    variableValues: variables,
    fieldResolver: (_source, _args, _context, info) => void infos.push(info),
  });
  const [info] = infos;
  if (!info) throw new Error('Expected a root field.');
  return info;
}

test('the list has slash paths, parents before children and aliases in place of names', () => {
  const info = infoOf('{ person { id friend { n: name friend { id } } name } }');
  expect(selectionSetList(info)).toEqual([
    'id',
    'friend',
    'friend/n',
    'friend/friend',
    'friend/friend/id',
    'name',
  ]);
});

test('fragments are dissolved in the list, and a field that is selected twice is in it once', () => {
  const info = infoOf(
    '{ person { ...A ... on Person { age } ... on Being { name } id } } fragment A on Person { id friend { id } }',
  );
  expect(selectionSetList(info)).toEqual(['id', 'friend', 'friend/id', 'age', 'name']);
});

test('of an interface only its own fields are in the list', () => {
  const info = infoOf('{ being { id ... on Person { age } ... on Robot { model } ... on Being { name } } }');
  expect(selectionSetList(info)).toEqual(['id', 'name']);
});

test('what @skip and @include leave out is not in the list', () => {
  const query =
    'query ($yes: Boolean!) { person { id @skip(if: $yes) name @include(if: $yes) age @include(if: false) } }';
  expect(selectionSetList(infoOf(query, { yes: true }))).toEqual(['name']);
});

test('the text keeps inline fragments, and named fragments as spreads', () => {
  const info = infoOf('{ person { id ...A ... on Person { age } } } fragment A on Person { name }');
  expect(selectionSetGraphQL(info)).toBe('{\n  id\n  ...A\n  ... on Person {\n    age\n  }\n}');
});

test('a field without a selection has an empty list and an empty text', () => {
  const info = infoOf('{ text }');
  expect([selectionSetList(info), selectionSetGraphQL(info)]).toEqual([[], '']);
});

test('data is cut down to what is selected, under response keys', () => {
  const info = infoOf('{ person { n: name friend { id } beings { id ... on Person { age } } } }');
  const data = {
    name: 'Ann',
    age: 1,
    friend: { id: 1, name: 'x' },
    beings: [{ id: 2, age: 3 }],
    extra: true,
  };
  expect(onlySelected(data, info)).toEqual({ n: 'Ann', friend: { id: 1 }, beings: [{ id: 2 }] });
  expect(onlySelected('text', info)).toBe('text');
  expect(onlySelected({ any: 1 }, infoOf('{ text }'))).toEqual({ any: 1 });
});

test('a response gets its field names back in place of aliases, through fragments and lists', () => {
  const { fieldNodes, fragments } = infoOf(
    '{ person { n: name ...F beings { i: id } } } fragment F on Person { f: friend { id } }',
  );
  const response = { n: 'Ann', f: { id: '1' }, beings: [{ i: '2' }, null] };
  expect(withoutAliases(response, fieldNodes, fragments)).toEqual({
    name: 'Ann',
    friend: { id: '1' },
    beings: [{ id: '2' }, null],
  });
});
