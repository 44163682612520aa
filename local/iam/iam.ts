import * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import { read } from '../template/configuration.ts';
import type { Stack } from '../template/stack.ts';
import type { RequestContext } from './conditions.ts';
import { refusalOf } from './refusal.ts';
import { IdentityPolicy, ResourcePolicy, type Statement, singleRights } from './statement.ts';

/**
 * Why the policies do not let a role do something, in the words with which AWS ends its message;
 * undefined where they do. `context` is what the service knows of the request; TLS need not be in
 * it.
 */
export type ExplainRefusal = (
  roleArn: string,
  action: string,
  resource: string,
  context?: RequestContext,
) => string | undefined;

/** Returns whether the policies of a role allow an action on a resource. */
export type IsAllowed = (roleArn: string, action: string, resource: string) => boolean;

/** A role's right to one action on one resource, as its policy writes them. */
export type Right = { roleArn: string; action: string; resource: string };

/** The rights of all roles, one by one, for a tool that finds out which of them are needed. */
export type Rights = {
  list(): Right[];
  /** Calls back for each right that allows a request, until the returned function is called. */
  watch(onUse: (right: Right) => void): () => void;
  /** Takes a right away until the returned function is called. */
  withhold(right: Right): () => void;
};

/** The rights of the roles of a stack. */
export type Iam = {
  isAllowed: IsAllowed;
  explainRefusal: ExplainRefusal;
  rights: Rights;
};

/**
 * Managed policies of AWS that the CDK attaches, and that give no right on a service that is served
 * here.
 */
const WITHOUT_EFFECT = ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'];

const RoleProperties = z.object({
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.object({ PolicyDocument: IdentityPolicy })).default([]),
});
const PolicyProperties = z.object({ PolicyDocument: IdentityPolicy, Roles: z.array(z.string()) });
const BucketPolicyProperties = z.object({ Bucket: z.string(), PolicyDocument: ResourcePolicy });

/**
 * Reads the policies of the stack's roles and buckets, and gives one role more all rights that no
 * bucket denies. Throws {@link UnsupportedTemplate} for one that would count for more or less here
 * than on AWS. Who may assume a role is not looked at, and neither are the policies of queues and
 * functions.
 */
export function createIam(stack: Pick<Stack, 'resources'>, administratorArn: string): Iam {
  const byRole = identityPolicies(stack);
  const administrator: Statement = { effect: 'Allow', actions: [], resources: [], appliesTo: () => true };
  byRole.set(administratorArn, [administrator]);
  const byBucket = stack.resources('AWS::S3::BucketPolicy').map((resource) => {
    const { Bucket, PolicyDocument } = read(BucketPolicyProperties, resource);
    return { arn: `arn:aws:s3:::${Bucket}`, statements: PolicyDocument };
  });

  let watcher: ((right: Right) => void) | undefined;
  const rights: Rights = {
    list: () =>
      [...byRole].flatMap(([roleArn, statements]) =>
        statements
          .filter(({ effect, actions }) => effect === 'Allow' && actions.length > 0)
          .map((statement) => toRight(roleArn, statement)),
      ),
    watch(onUse) {
      watcher = onUse;
      return () => {
        watcher = undefined;
      };
    },
    withhold({ roleArn, action, resource }) {
      const all = byRole.get(roleArn) ?? [];
      const isIt = ({ effect, actions: [of], resources: [on] }: Statement) =>
        effect === 'Allow' && of === action && on === resource;
      byRole.set(
        roleArn,
        all.filter((statement) => !isIt(statement)),
      );
      return () => byRole.set(roleArn, all);
    },
  };

  const explainRefusal: ExplainRefusal = (roleArn, action, resource, context = {}) =>
    refusalOf(
      {
        roleArn,
        action,
        resource,
        // There is no TLS on this machine; what asks for it is meant for the way to AWS.
        context: {
          'aws:PrincipalArn': roleArn,
          'aws:SecureTransport': 'true',
          's3:TlsVersion': '1.3',
          ...context,
        },
      },
      {
        identity: byRole.get(roleArn) ?? [],
        onAllowed: (statement) => watcher?.(toRight(roleArn, statement)),
        resource: byBucket
          .filter(({ arn }) => resource === arn || resource.startsWith(`${arn}/`))
          .flatMap(({ statements }) => statements),
      },
    );
  return {
    explainRefusal,
    rights,
    isAllowed: (roleArn, action, resource) => explainRefusal(roleArn, action, resource) === undefined,
  };
}

const toRight = (roleArn: string, { actions: [action = ''], resources: [resource = ''] }: Statement) => ({
  roleArn,
  action,
  resource,
});

function identityPolicies(stack: Pick<Stack, 'resources'>): Map<string, Statement[]> {
  const roles = stack.resources('AWS::IAM::Role');
  const byRole = new Map<string, Statement[]>();
  for (const role of roles) {
    const { ManagedPolicyArns, Policies } = read(RoleProperties, role);
    const unknown = ManagedPolicyArns.filter((arn) => !WITHOUT_EFFECT.includes(arn));
    if (unknown.length > 0)
      throw new UnsupportedTemplate(unknown.map((arn) => `managed policy ${arn} of ${role.id}`));
    byRole.set(
      role.arn,
      Policies.flatMap(({ PolicyDocument }) => PolicyDocument.flatMap(singleRights)),
    );
  }
  for (const policy of stack.resources('AWS::IAM::Policy')) {
    const { PolicyDocument, Roles } = read(PolicyProperties, policy);
    for (const name of Roles) {
      const statements = byRole.get(roles.find(({ ref }) => ref === name)?.arn ?? '');
      if (!statements)
        throw new UnsupportedTemplate([`role ${name} of ${policy.id}, which is not in the template`]);
      statements.push(...PolicyDocument.flatMap(singleRights));
    }
  }
  return byRole;
}
