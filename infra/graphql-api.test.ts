import {
  getIntrospectionQuery,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { withAuthDirectives } from './auth-directives.ts';
import { keyExpiry, MAX_DEPTH, SCHEMA } from './graphql-api.ts';

describe('the deployed schema', () => {
  const sdl = withAuthDirectives(SCHEMA);

  it('opens publish* to IAM only, and everything else to callers', () => {
    expect(sdl).toMatch(/publishProcessState\(state: ProcessStateInput!\): ProcessState @aws_iam\n/);
    expect(sdl).toMatch(/startProcess\(.*\): ProcessState! @aws_api_key\n/);
    expect(sdl).toMatch(/onProcessState\(processId: ID\): ProcessState @aws_subscribe\(.*\) @aws_api_key\n/);
    expect(sdl).toMatch(/type ProcessState @aws_api_key @aws_iam/);
    expect(sdl).toMatch(/type ProcessData @aws_api_key \{/);
  });

  it('describes every type, field and enum value', () => {
    const undescribed = parse(SCHEMA).definitions.flatMap((node) => {
      const inner = 'fields' in node ? (node.fields ?? []) : 'values' in node ? (node.values ?? []) : [];
      const nodes =
        'name' in node && ['Query', 'Mutation', 'Subscription'].includes(node.name?.value ?? '')
          ? inner
          : [node, ...inner];
      return nodes
        .filter((each) => !('description' in each && each.description))
        .map((each) => ('name' in each ? each.name?.value : each.kind));
    });
    expect(undescribed).toEqual([]);
  });
});

describe('the API key', () => {
  it('lasts ten to eleven months, and its expiry changes once a month', () => {
    expect(keyExpiry(new Date('2026-01-01T00:00:00Z'))).toEqual(new Date('2026-12-01T00:00:00Z'));
    expect(keyExpiry(new Date('2026-01-31T23:59:59Z'))).toEqual(new Date('2026-12-01T00:00:00Z'));
    expect(keyExpiry(new Date('2026-03-15T12:00:00Z'))).toEqual(new Date('2027-02-01T00:00:00Z'));
  });
});

describe('the depth of a query', () => {
  it('is limited to what introspection needs', () => {
    const { selectionSet } = parse(getIntrospectionQuery()).definitions[0] as OperationDefinitionNode;
    const fragments = new Map(
      parse(getIntrospectionQuery())
        .definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
        .map((node) => [node.name.value, node.selectionSet]),
    );
    const depth = (selected: SelectionSetNode | undefined): number =>
      Math.max(
        0,
        ...(selected?.selections ?? []).map((selection) =>
          selection.kind === Kind.FRAGMENT_SPREAD
            ? depth(fragments.get(selection.name.value))
            : depth(selection.selectionSet) + 1,
        ),
      );
    expect(depth(selectionSet)).toBe(MAX_DEPTH);
  });
});
