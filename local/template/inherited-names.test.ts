import { describe, expect, it } from 'vitest';
import { UnsupportedTemplate } from '../common/errors.ts';
import { evaluate } from './intrinsics.ts';
import { findUnsupported } from './resources.ts';

describe('a name that every object inherits', () => {
  it.each([
    { Ref: 'constructor' },
    { 'Fn::GetAtt': ['constructor', 'name'] },
    { 'Fn::GetAtt': ['Queue', 'constructor'] },
    { 'Fn::Sub': ['$' + '{toString}', {}] },
  ])('is not a resource or an attribute: %j', (value) => {
    const references = { Queue: { Ref: 'queue' } };
    expect(() => evaluate(value, references)).toThrow(UnsupportedTemplate);
  });

  it('is not a type of resource', () => {
    const template = { Resources: { A: { Type: 'constructor', Properties: { b: 1 } } } };
    expect(findUnsupported(template)).toEqual(['resource A of type constructor']);
  });
});
