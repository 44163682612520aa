import { describe, expect, it } from 'vitest';
import { UnsupportedTemplate } from '../common/errors.ts';
import { evaluate } from './intrinsics.ts';

const references = {
  Bucket: { Ref: 'data', Arn: 'arn:aws:s3:::data' },
  'AWS::Region': { Ref: 'us-east-1' },
};

describe('an intrinsic function', () => {
  it.each([
    ['Ref of a resource', { Ref: 'Bucket' }, 'data'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Fn::GetAtt with a list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::data'],
    ['Fn::GetAtt with a text', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::data'],
    ['Fn::Join', { 'Fn::Join': ['/', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '*']] }, 'arn:aws:s3:::data/*'],
    [
      'Fn::Sub',
      { 'Fn::Sub': `\${Bucket.Arn}/\${AWS::Region}/\${!Bucket}` },
      `arn:aws:s3:::data/us-east-1/\${Bucket}`,
    ],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': [`\${Name}-\${Bucket}`, { Name: { Ref: 'Bucket' } }] },
      'data-data',
    ],
    [
      'Fn::Split',
      { 'Fn::Split': [':', { 'Fn::GetAtt': ['Bucket', 'Arn'] }] },
      ['arn', 'aws', 's3', '', '', 'data'],
    ],
    ['Fn::Select', { 'Fn::Select': ['2', { 'Fn::Split': [':', 'a:b:c'] }] }, 'c'],
  ])('%s is evaluated', (_, value, expected) => {
    expect(evaluate(value, references)).toEqual(expected);
  });

  it('is evaluated at any depth, and other values stay as they are', () => {
    const value = { list: [{ name: { Ref: 'Bucket' } }, 1, null, true], two: { Ref: 'x', More: 'y' } };
    expect(evaluate(value, references)).toEqual({
      list: [{ name: 'data' }, 1, null, true],
      two: { Ref: 'x', More: 'y' },
    });
  });

  it.each([
    ['an unknown resource', { Ref: 'Other' }, 'Ref of Other'],
    ['an unknown attribute', { 'Fn::GetAtt': ['Bucket', 'DomainName'] }, 'attribute DomainName of Bucket'],
    ['an unknown resource in Fn::Sub', { 'Fn::Sub': `\${Other}` }, 'Ref of Other'],
    ['another function', { 'Fn::ImportValue': 'x' }, 'intrinsic function Fn::ImportValue'],
    ['a condition', { Condition: 'x' }, 'intrinsic function Condition'],
  ])('is rejected by name for %s', (_, value, unsupported) => {
    expect(() => evaluate(value, references)).toThrow(
      expect.objectContaining({ name: UnsupportedTemplate.name, unsupported: [unsupported] }),
    );
  });
});
