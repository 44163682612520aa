import type * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import type { RequestContext } from './conditions.ts';
import { denialOf } from './evaluate.ts';
import { IdentityPolicy, ResourcePolicy, type Statement, singlePermissions } from './statement.ts';

/**
 * Returns why the policies deny an action of a role, as AWS's message ends; undefined if they allow
 * it. `context` is what the service knows of the request; it need not mention TLS.
 */
export type ExplainDenial = (
  roleArn: string,
  action: string,
  resource: string,
  context?: RequestContext,
) => string | undefined;

/** Returns whether the policies of a role allow an action on a resource. */
export type IsAllowed = (roleArn: string, action: string, resource: string) => boolean;

/** A role's permission for one action on one resource, as its policy writes them. */
export type Permission = { roleArn: string; action: string; resource: string };

/** The permissions of all roles, one by one, for a tool that finds out which ones are needed. */
export type Permissions = {
  list(): Permission[];
  /**
   * Calls back for each permission that allows a request, until the returned function is called.
   */
  watch(onUse: (permission: Permission) => void): () => void;
  /** Withholds a permission until the returned function is called. */
  withhold(permission: Permission): () => void;
};

/** The permissions of a stack's roles. */
export type Iam = {
  isAllowed: IsAllowed;
  explainDenial: ExplainDenial;
  permissions: Permissions;
};

/** A policy document, not yet checked, and its place in the template. */
type PolicySource = { resourceId: string; path: string; document: unknown };

/** The policies of a stack. */
export type PolicySources = {
  roles: readonly {
    id: string;
    arn: string;
    managedPolicyArns: readonly string[];
    policies: readonly PolicySource[];
  }[];
  bucketPolicies: readonly { bucketArn: string; policy: PolicySource }[];
};

/**
 * Managed policies of AWS that the CDK attaches, and that grant nothing on a service that is served
 * here.
 */
const WITHOUT_EFFECT = [
  'AWSXRayDaemonWriteAccess',
  'CloudWatchLambdaInsightsExecutionRolePolicy',
  'service-role/AWSAppSyncPushToCloudWatchLogs',
  'service-role/AWSLambdaBasicExecutionRole',
  'service-role/AWSLambdaVPCAccessExecutionRole',
].map((name) => `arn:aws:iam::aws:policy/${name}`);

/** Receives each problem of a resource. It may throw. */
type Report = (resourceId: string, problems: readonly string[]) => void;

const NO_STATEMENTS: readonly Statement[] = [];
const DENY_ALL: Statement = { effect: 'Deny', actions: [], resources: [], appliesTo: () => true };

function reject(_: string, problems: readonly string[]): void {
  throw new UnsupportedTemplate(problems);
}

/**
 * Reads the policies of the stacks' roles and buckets. The administrator's role may do everything
 * that no bucket policy denies.
 *
 * A policy that would mean more or less here than on AWS goes to `onUnsupported`, which throws
 * {@link UnsupportedTemplate} by default. Then its role may do nothing, or nobody anything with its
 * bucket. Unknown managed policies go to `onUnknownManagedPolicy` and grant nothing. Trust policies
 * and the policies of queues and functions are not evaluated.
 */
export function createIam(
  { roles, bucketPolicies }: PolicySources,
  administratorArn: string,
  {
    onUnsupported = reject,
    onUnknownManagedPolicy = reject,
  }: { onUnsupported?: Report; onUnknownManagedPolicy?: Report } = {},
): Iam {
  const readOr = <Value>(otherwise: Value, resourceId: string, work: () => Value): Value => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UnsupportedTemplate)) throw error;
      onUnsupported(resourceId, error.unsupported);
      return otherwise;
    }
  };
  for (const { id, managedPolicyArns } of roles) {
    const unknown = managedPolicyArns.filter((arn) => !WITHOUT_EFFECT.includes(arn));
    if (unknown.length > 0)
      onUnknownManagedPolicy(
        id,
        unknown.map((arn) => `managed policy ${arn} grants nothing here`),
      );
  }
  const byRole = new Map(
    roles.map((role) => [
      role.arn,
      readOr(NO_STATEMENTS, role.id, () =>
        role.policies.flatMap((policy) => parse(IdentityPolicy, policy).flatMap(singlePermissions)),
      ),
    ]),
  );
  const administrator: Statement = { effect: 'Allow', actions: [], resources: [], appliesTo: () => true };
  byRole.set(administratorArn, [administrator]);
  const byBucket = bucketPolicies.map(({ bucketArn, policy }) => ({
    arn: bucketArn,
    statements: readOr([DENY_ALL], policy.resourceId, () => parse(ResourcePolicy, policy)),
  }));

  let watcher: ((permission: Permission) => void) | undefined;
  const permissions: Permissions = {
    list: () =>
      [...byRole].flatMap(([roleArn, statements]) =>
        statements
          .filter(({ effect, actions }) => effect === 'Allow' && actions.length > 0)
          .map((statement) => toPermission(roleArn, statement)),
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

  const explainDenial: ExplainDenial = (roleArn, action, resource, context = {}) =>
    denialOf(
      {
        roleArn,
        action,
        resource,
        // Loopback has no TLS. A policy that requires TLS is about the way to AWS.
        context: {
          'aws:PrincipalArn': roleArn,
          'aws:SecureTransport': 'true',
          's3:TlsVersion': '1.3',
          ...context,
        },
      },
      {
        identity: byRole.get(roleArn) ?? [],
        onAllowed: (statement) => watcher?.(toPermission(roleArn, statement)),
        resource: byBucket
          .filter(({ arn }) => resource === arn || resource.startsWith(`${arn}/`))
          .flatMap(({ statements }) => statements),
      },
    );
  return {
    explainDenial,
    permissions,
    isAllowed: (roleArn, action, resource) => explainDenial(roleArn, action, resource) === undefined,
  };
}

function toPermission(roleArn: string, { actions, resources }: Statement): Permission {
  return { roleArn, action: actions[0] ?? '', resource: resources[0] ?? '' };
}

function parse<Output>(schema: z.ZodType<Output>, { resourceId, path, document }: PolicySource): Output {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new UnsupportedTemplate(
    result.error.issues.map(
      (issue) => `property ${[path, ...issue.path].join('.')} of ${resourceId}: ${issue.message}`,
    ),
  );
}
