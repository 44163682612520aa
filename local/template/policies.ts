/**
 * The policies of the stacks as data. IAM parses their documents and evaluates them.
 */
import * as z from 'zod';
import { type Source, served } from './configuration.ts';
import type { EvaluatedResource } from './stacks.ts';

const RoleProperties = z.object({
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.object({ PolicyDocument: z.unknown() })).default([]),
});
const PolicyProperties = z.object({
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).default([]),
});
const BucketPolicyProperties = z.object({ Bucket: z.string(), PolicyDocument: z.unknown() });

/**
 * Returns the roles and the bucket policies of the stacks, each document with its place in the
 * template. Policies of users, of groups and of roles of other apps have no effect here.
 */
export function policiesOf(stacks: Source) {
  const managed = new Map(
    served(stacks, 'AWS::IAM::ManagedPolicy', PolicyProperties, (properties, resource) => [
      resource.arn,
      { ...properties, source: attached(resource, properties.PolicyDocument) },
    ]),
  );
  const roles = served(stacks, 'AWS::IAM::Role', RoleProperties, ({ ManagedPolicyArns, Policies }, role) => ({
    id: role.id,
    ref: role.ref,
    arn: role.arn,
    managedPolicyArns: ManagedPolicyArns.filter((arn) => !managed.has(arn)),
    policies: [
      ...Policies.map(({ PolicyDocument }, index) => ({
        resourceId: role.id,
        path: `Policies.${index}.PolicyDocument`,
        document: PolicyDocument,
      })),
      ...ManagedPolicyArns.flatMap((arn) => managed.get(arn)?.source ?? []),
    ],
  }));
  const byRole = [
    ...managed.values(),
    ...served(stacks, 'AWS::IAM::Policy', PolicyProperties, (properties, resource) => ({
      ...properties,
      source: attached(resource, properties.PolicyDocument),
    })),
  ];
  for (const { Roles, source } of byRole) {
    for (const role of roles) if (Roles.includes(role.ref)) role.policies.push(source);
  }
  const bucketPolicies = served(
    stacks,
    'AWS::S3::BucketPolicy',
    BucketPolicyProperties,
    ({ Bucket, PolicyDocument }, resource) => ({
      bucketArn: `arn:aws:s3:::${Bucket}`,
      policy: attached(resource, PolicyDocument),
    }),
  );
  return { roles, bucketPolicies };
}

function attached({ id }: EvaluatedResource, document: unknown) {
  return { resourceId: id, path: 'PolicyDocument', document };
}
