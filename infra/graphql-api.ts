/**
 * The AppSync API: the schema, its fields' resolvers, who may call it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Expiration, RemovalPolicy } from 'aws-cdk-lib';
import * as appsync from 'aws-cdk-lib/aws-appsync';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { withAuthDirectives } from './auth-directives.ts';
import { resolverCode } from './bundle.ts';
import { allowInvoke } from './rights.ts';
import { actingFor } from './service-principal.ts';

const SCHEMA_FILE = join(import.meta.dirname, '../schema.graphql');

/** schema.graphql, without the directives of any caller mode. */
export const SCHEMA = readFileSync(SCHEMA_FILE, 'utf8');

const MAX_RESOLVERS_PER_REQUEST = 50;
/**
 * No field of ours is deeper than 4. Introspection alone can nest without end, and the query of
 * GraphiQL, Apollo and the code generators is 15 deep. It stays on: the schema is no secret, and
 * these tools need it.
 */
export const MAX_DEPTH = 15;
const KEY_LIFE_MONTHS = 11;

/** The API without its resolvers. */
export function createGraphqlApi(
  scope: Construct,
  keyExpires: Date,
  logRetention: logs.RetentionDays,
  tracing: boolean,
): appsync.GraphqlApi {
  const schema = appsync.SchemaFile.fromAsset(SCHEMA_FILE);
  schema.definition = withAuthDirectives(SCHEMA);
  const api = new appsync.GraphqlApi(scope, 'Api', {
    name: scope.node.id,
    definition: appsync.Definition.fromSchema(schema),
    authorizationConfig: {
      defaultAuthorization: {
        authorizationType: appsync.AuthorizationType.API_KEY,
        apiKeyConfig: { expires: Expiration.atDate(keyExpires) },
      },
      additionalAuthorizationModes: [{ authorizationType: appsync.AuthorizationType.IAM }],
    },
    queryDepthLimit: MAX_DEPTH,
    resolverCountLimit: MAX_RESOLVERS_PER_REQUEST,
    xrayEnabled: tracing,
  });
  logErrors(scope, api, logRetention);
  return api;
}

/**
 * By the resource's own properties: the construct's `logConfig` would add a Lambda of the CDK's to
 * set the retention.
 */
function logErrors(scope: Construct, api: appsync.GraphqlApi, retention: logs.RetentionDays): void {
  const group = new logs.LogGroup(scope, 'ApiLogs', {
    logGroupName: `/aws/appsync/apis/${api.apiId}`,
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(scope, 'ApiLogsRole', {
    assumedBy: new iam.ServicePrincipal('appsync.amazonaws.com'),
  });
  group.grantWrite(role);
  (api.node.defaultChild as appsync.CfnGraphQLApi).logConfig = {
    cloudWatchLogsRoleArn: role.roleArn,
    fieldLogLevel: appsync.FieldLogLevel.ERROR,
    excludeVerboseContent: true,
  };
}

/** A function for each of the fields `Type.field`, and the resolvers that need none. */
export function createResolvers(
  scope: Construct,
  api: appsync.GraphqlApi,
  functions: Readonly<Record<string, lambda.IFunction>>,
) {
  const resolvers = new Construct(scope, 'Resolvers');
  const none = api.addNoneDataSource('None');
  const role = new iam.Role(scope, 'FieldsRole', { assumedBy: actingFor(scope, 'appsync', api.arn) });
  for (const fn of Object.values(functions)) role.addToPolicy(allowInvoke(fn));
  // The data source would add the right to invoke every version, too.
  const serviceRole = role.withoutPolicyUpdates();
  const fields: { field: string; source: appsync.BaseDataSource; code: string }[] = [
    ...Object.entries(functions).map(([field, fn]) => ({
      field,
      source: new appsync.LambdaDataSource(scope, `${field.replace('.', '')}Source`, {
        api,
        name: `${field.replace('.', '')}Source`,
        lambdaFunction: fn,
        serviceRole,
      }),
      code: 'field-errors',
    })),
    { field: 'Mutation.publishProcessState', source: none, code: 'Mutation.publishProcessState' },
    { field: 'Mutation.publishProcessStep', source: none, code: 'Mutation.publishProcessStep' },
    { field: 'Subscription.onProcessState', source: none, code: 'Subscription.onProcess' },
    { field: 'Subscription.onProcessStep', source: none, code: 'Subscription.onProcess' },
  ];
  let previous: appsync.Resolver | undefined;
  for (const { field, source, code } of fields) {
    const [typeName = '', fieldName = ''] = field.split('.');
    const resolver = new appsync.Resolver(resolvers, `${typeName}${fieldName}`, {
      api,
      typeName,
      fieldName,
      dataSource: source,
      runtime: appsync.FunctionRuntime.JS_1_0_0,
      code: appsync.Code.fromInline(resolverCode(join(import.meta.dirname, `../api/${code}.resolver.ts`))),
    });
    // One after the other: AppSync refuses changes of one API that come at once
    // (ConcurrentModificationException).
    if (previous) resolver.node.addDependency(previous);
    previous = resolver;
  }
}

/**
 * When the key of a deployment made now ends: in ten to eleven months, unless a later deployment
 * renews it. It is the first of a month, so that the template changes once a month and not with
 * every synthesis. AppSync's limit is 365 days.
 */
export function keyExpiry(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + KEY_LIFE_MONTHS, 1));
}
