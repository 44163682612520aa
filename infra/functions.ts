/**
 * The Lambda functions: one way to make them, each with a role of its own.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Bundles } from './bundle.ts';

/** What all functions of a facade have in common. */
export type FunctionSettings = {
  bundles: Bundles;
  logRetention: logs.RetentionDays;
  tracing: boolean;
  /** For all functions: the bucket's name, where the machines are. */
  environment: Record<string, string>;
};

/** What one function has of its own. */
export type FunctionProps = {
  description: string;
  timeout: Duration;
  rights: readonly iam.PolicyStatement[];
  environment?: Record<string, string>;
  options?: Partial<lambda.FunctionProps>;
};

/**
 * The function whose bundle has the given name; it may write its logs (and traces) and do what
 * `rights` say, nothing else.
 */
export function createFunction(
  scope: Construct,
  id: string,
  bundleName: string,
  settings: FunctionSettings,
  props: FunctionProps,
): lambda.Function {
  return new lambda.Function(scope, id, {
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(settings.bundles.folderOf(bundleName)),
    memorySize: 512,
    timeout: props.timeout,
    tracing: settings.tracing ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
    // Stack traces name the lines of the sources, not those of the bundle.
    environment: { NODE_OPTIONS: '--enable-source-maps', ...settings.environment, ...props.environment },
    initialPolicy: [...props.rights],
    logGroup: new logs.LogGroup(scope, `${id}Logs`, {
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    ...props.options,
  });
}

/** A field must answer within AppSync's 30 seconds, and a caller should not wait as long. */
export const FIELD_TIMEOUT = Duration.seconds(15);
