/**
 * The policies of the stack as data. IAM parses their documents and evaluates them.
 */
import * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import { read } from './configuration.ts';
import type { Stack } from './stack.ts';

const RoleProperties = z.object({
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.object({ PolicyDocument: z.unknown() })).default([]),
});
const PolicyProperties = z.object({ PolicyDocument: z.unknown(), Roles: z.array(z.string()) });
const BucketPolicyProperties = z.object({ Bucket: z.string(), PolicyDocument: z.unknown() });

/**
 * Returns the roles and the bucket policies of the stack, each document with its place in the
 * template. Throws {@link UnsupportedTemplate} for a policy of a role that is not in the template.
 */
export function policiesOf(stack: Pick<Stack, 'resources'>) {
  const roles = stack.resources('AWS::IAM::Role').map((role) => {
    const { ManagedPolicyArns, Policies } = read(RoleProperties, role);
    return {
      id: role.id,
      ref: role.ref,
      arn: role.arn,
      managedPolicyArns: ManagedPolicyArns,
      policies: Policies.map(({ PolicyDocument }, index) => ({
        resourceId: role.id,
        path: `Policies.${index}.PolicyDocument`,
        document: PolicyDocument,
      })),
    };
  });
  for (const policy of stack.resources('AWS::IAM::Policy')) {
    const { PolicyDocument, Roles } = read(PolicyProperties, policy);
    for (const name of Roles) {
      const role = roles.find(({ ref }) => ref === name);
      if (!role)
        throw new UnsupportedTemplate([`role ${name} of ${policy.id}, which is not in the template`]);
      role.policies.push({ resourceId: policy.id, path: 'PolicyDocument', document: PolicyDocument });
    }
  }
  const bucketPolicies = stack.resources('AWS::S3::BucketPolicy').map((policy) => {
    const { Bucket, PolicyDocument } = read(BucketPolicyProperties, policy);
    return {
      bucketArn: `arn:aws:s3:::${Bucket}`,
      policy: { resourceId: policy.id, path: 'PolicyDocument', document: PolicyDocument },
    };
  });
  return { roles, bucketPolicies };
}
