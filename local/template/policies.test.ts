import { expect, it } from 'vitest';
import { policiesOf } from './policies.ts';

const document = { Version: '2012-10-17', Statement: [] };

function stackOf(resources: Record<string, [id: string, properties: Record<string, unknown>][]>) {
  return {
    resources: (type: string) =>
      (resources[type] ?? []).map(([id, properties]) => ({ id, ref: id, arn: `arn:${id}`, properties })),
    passOver(id: string, problems: readonly string[]) {
      throw new Error(`${id}: ${problems}`);
    },
  };
}

it('gives each role its inline and attached policies with their places in the template', () => {
  const stack = stackOf({
    'AWS::IAM::Role': [
      ['Step', { ManagedPolicyArns: ['arn:managed'], Policies: [{ PolicyDocument: document }] }],
      ['Other', {}],
    ],
    'AWS::IAM::Policy': [['Attached', { Roles: ['Step'], PolicyDocument: document }]],
  });
  expect(policiesOf(stack).roles).toEqual([
    {
      id: 'Step',
      ref: 'Step',
      arn: 'arn:Step',
      managedPolicyArns: ['arn:managed'],
      policies: [
        { resourceId: 'Step', path: 'Policies.0.PolicyDocument', document },
        { resourceId: 'Attached', path: 'PolicyDocument', document },
      ],
    },
    { id: 'Other', ref: 'Other', arn: 'arn:Other', managedPolicyArns: [], policies: [] },
  ]);
});

it('gives bucket policies by the ARN of their bucket', () => {
  const stack = stackOf({ 'AWS::S3::BucketPolicy': [['Own', { Bucket: 'data', PolicyDocument: document }]] });
  expect(policiesOf(stack).bucketPolicies).toEqual([
    { bucketArn: 'arn:aws:s3:::data', policy: { resourceId: 'Own', path: 'PolicyDocument', document } },
  ]);
});

it('gives managed policies of the stacks to the roles that either side names', () => {
  const stack = stackOf({
    'AWS::IAM::Role': [
      ['One', { ManagedPolicyArns: ['arn:Own', 'arn:other'] }],
      ['Two', {}],
    ],
    'AWS::IAM::ManagedPolicy': [['Own', { Roles: ['Two'], PolicyDocument: document }]],
  });
  const source = { resourceId: 'Own', path: 'PolicyDocument', document };
  expect(policiesOf(stack).roles).toMatchObject([
    { id: 'One', managedPolicyArns: ['arn:other'], policies: [source] },
    { id: 'Two', managedPolicyArns: [], policies: [source] },
  ]);
});

it('ignores a policy of a role of another app', () => {
  const stack = stackOf({ 'AWS::IAM::Policy': [['Lost', { Roles: ['Nobody'], PolicyDocument: document }]] });
  expect(policiesOf(stack)).toEqual({ roles: [], bucketPolicies: [] });
});
