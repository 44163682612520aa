import { describe, expect, it } from 'vitest';
import { UnsupportedTemplate } from '../common/errors.ts';
import { evaluate, type Scope } from './intrinsics.ts';

const values = new Map<string, unknown>([
  ['Bucket Ref', 'data'],
  ['Bucket Arn', 'arn:aws:s3:::data'],
  ['AWS::Region Ref', 'us-east-1'],
  ['AWS::NoValue Ref', undefined],
  ['Db Zones', 'Db.Zones.not-served-locally.invalid'],
]);
const conditions = new Map<string, unknown>([
  ['IsProduction', { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] }],
  ['IsTest', { 'Fn::Not': [{ Condition: 'IsProduction' }] }],
]);
const scope: Scope = {
  reference(id, attribute) {
    if (values.has(`${id} ${attribute}`)) return values.get(`${id} ${attribute}`);
    throw new UnsupportedTemplate([`${attribute} of ${id}`]);
  },
  condition: (name) => Boolean(evaluate(conditions.get(name), scope)),
  mapped: (...keys) => (keys.join() === 'Sizes,us-east-1,small' ? 'm7g' : undefined),
  exported: (name) => `export ${name}`,
  outputOf: (stack, output) => `output ${output} of ${stack}`,
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
    [
      'Fn::Select of a placeholder',
      { 'Fn::Select': [0, { 'Fn::GetAtt': ['Db', 'Zones'] }] },
      'Db.Zones.not-served-locally.invalid',
    ],
    ['Fn::If', { 'Fn::If': ['IsTest', { Ref: 'Bucket' }, 'x'] }, 'data'],
    [
      'Fn::If of AWS::NoValue',
      { a: 1, b: { 'Fn::If': ['IsProduction', 'x', { Ref: 'AWS::NoValue' }] } },
      { a: 1 },
    ],
    ['AWS::NoValue in a list', ['a', { Ref: 'AWS::NoValue' }, 'b'], ['a', 'b']],
    ['Fn::And', { 'Fn::And': [{ Condition: 'IsTest' }, { Condition: 'IsProduction' }] }, false],
    ['Fn::Or', { 'Fn::Or': [{ Condition: 'IsTest' }, { Condition: 'IsProduction' }] }, true],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] }, 'm7g'],
    ['Fn::FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'x', 'y', { DefaultValue: 'z' }] }, 'z'],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': `\${Bucket}-arn` } }, 'export data-arn'],
    [
      'Fn::GetStackOutput',
      { 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'Arn' } },
      'output Arn of Other',
    ],
    ['Fn::Base64', { 'Fn::Base64': { Ref: 'Bucket' } }, 'ZGF0YQ=='],
    ['Fn::GetAZs', { 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['Fn::Length', { 'Fn::Length': [1, 2] }, 2],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Bucket' } } }, '{"a":"data"}'],
    ['Fn::Select', { 'Fn::Select': ['2', { 'Fn::Split': [':', 'a:b:c'] }] }, 'c'],
  ])('%s is evaluated', (_, value, expected) => {
    expect(evaluate(value, scope)).toEqual(expected);
  });

  it('is evaluated at any depth, and other values stay as they are', () => {
    const value = { list: [{ name: { Ref: 'Bucket' } }, 1, null, true], two: { Ref: 'x', More: 'y' } };
    expect(evaluate(value, scope)).toEqual({
      list: [{ name: 'data' }, 1, null, true],
      two: { Ref: 'x', More: 'y' },
    });
  });

  it.each([
    ['an unknown resource', { Ref: 'Other' }, 'Ref of Other'],
    ['an unknown resource in Fn::Sub', { 'Fn::Sub': `\${Other}` }, 'Ref of Other'],
    ['another function', { 'Fn::Transform': 'x' }, 'intrinsic function Fn::Transform'],
    [
      'a mapping without the key',
      { 'Fn::FindInMap': ['Sizes', 'x', 'y'] },
      'mapping Sizes.x.y, which is not in the template',
    ],
    ['arguments of another shape', { 'Fn::Join': 7 }, expect.stringMatching(/^Fn::Join of 7: /)],
    [
      'a block that is too small',
      { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] },
      expect.stringContaining('Expected 2 blocks'),
    ],
  ])('is rejected by name for %s', (_, value, unsupported) => {
    expect(() => evaluate(value, scope)).toThrow(
      expect.objectContaining({ name: UnsupportedTemplate.name, unsupported: [unsupported] }),
    );
  });
});
