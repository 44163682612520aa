/**
 * The Lambda functions of a facade, each with its own role and log group.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Bundles } from './bundle.ts';
import { allowLogs, allowNetworkInterfaces, allowTraces, keyPermissions } from './permissions.ts';
import { ServiceRole } from './service-role.ts';

/** A field must respond within AppSync's 30 seconds, and a caller should not wait that long. */
export const FIELD_TIMEOUT = Duration.seconds(15);

/** Settings that all functions of a facade share. */
export type FunctionDefaults = {
  readonly bundles: Bundles;
  readonly logRetention: logs.RetentionDays;
  readonly tracing: boolean;
  /** The key that the bucket's objects are encrypted with, if it is the team's. */
  readonly encryptionKey: kms.IKey | undefined;
  /** The bucket's name and the prefix of the machines' ARNs. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Settings of one function. */
export type FacadeFunctionProps = Pick<
  lambda.FunctionProps,
  | ('deadLetterQueue' | 'retryAttempts' | 'maxEventAge')
  | ('memorySize' | 'architecture' | 'layers' | 'vpc' | 'securityGroups')
> & {
  readonly defaults: FunctionDefaults;
  /** The name of its bundle. */
  readonly bundle: string;
  readonly description: string;
  readonly timeout: Duration;
  /** Everything the function may do for the facade. What every function needs is added. */
  readonly permissions: readonly iam.PolicyStatement[];
  readonly environment?: Readonly<Record<string, string>>;
};

/** A bundled function on Node.js 24. */
export class FacadeFunction extends lambda.Function {
  constructor(scope: Construct, id: string, props: FacadeFunctionProps) {
    const { defaults, bundle, permissions, environment, ...own } = props;
    const logGroup = new logs.LogGroup(scope, `${id}Logs`, {
      retention: defaults.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      ...own,
      role: new ServiceRole(scope, `${id}ServiceRole`, {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
        permissions: [
          ...permissions,
          ...(defaults.encryptionKey ? keyPermissions(defaults.encryptionKey, permissions) : []),
          ...(own.vpc ? [allowNetworkInterfaces()] : []),
          allowLogs(logGroup),
          ...(defaults.tracing ? [allowTraces()] : []),
        ],
      }),
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(defaults.bundles.folderOf(bundle)),
      // Stack traces then name the lines of the sources, not those of the bundle.
      environment: { NODE_OPTIONS: '--enable-source-maps', ...defaults.environment, ...environment },
      tracing: lambda.Tracing.DISABLED,
      logGroup,
    });
    // Set on the resource: the prop would add its permission to the policy of the team.
    if (defaults.tracing) (this.node.defaultChild as lambda.CfnFunction).tracingConfig = { mode: 'Active' };
  }
}
