import { describe, expect, it } from 'vitest';
import { UnsupportedTemplate } from '../common/errors.ts';
import { treatmentOf } from './resources.ts';
import { stacksOf } from './stacks-for-test.ts';

describe('a name that every object inherits', () => {
  it.each([
    { Ref: 'constructor' },
    { 'Fn::GetAtt': ['constructor', 'name'] },
    { 'Fn::Sub': ['$' + '{toString}', {}] },
    { 'Fn::FindInMap': ['constructor', 'name', 'length'] },
    { 'Fn::If': ['constructor', 1, 2] },
  ])('is not a resource, a mapping or a condition: %j', (Value) => {
    expect(() => stacksOf({ Own: { Outputs: { Out: { Value } } } }).facades).toThrow(UnsupportedTemplate);
  });

  it('is not an export', () => {
    const [facade] = stacksOf({
      Own: { Outputs: { Out: { Value: { 'Fn::ImportValue': 'constructor' } } } },
    }).facades;
    expect(facade?.outputs.Out).toBe('constructor.not-served-locally.invalid');
  });

  it('is not a type of resource', () => {
    expect(treatmentOf({ Type: 'constructor', Properties: { b: 1 } })).toEqual({
      kind: 'passedOver',
      unsupported: [],
    });
  });
});
