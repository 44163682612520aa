/**
 * The AppSync API: its schema, callers, logs, and resolvers.
 */
import { readFileSync } from 'node:fs';
import { Expiration, RemovalPolicy } from 'aws-cdk-lib';
import * as appsync from 'aws-cdk-lib/aws-appsync';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { packageFile } from '../core/package-root.ts';
import { acknowledge } from './acknowledge.ts';
import { withAuthDirectives } from './auth-directives.ts';
import { ownResolver } from './bundle.ts';
import { allowInvoke } from './permissions.ts';
import { actingFor } from './service-principal.ts';

const SCHEMA_FILE = packageFile('schema.graphql');

/** The text of schema.graphql, without the directives of any caller mode. */
export const SCHEMA = readFileSync(SCHEMA_FILE, 'utf8');

const MAX_RESOLVERS_PER_REQUEST = 50;
/**
 * Our own fields nest at most 4 deep. Only introspection can nest without limit, and the query of
 * GraphiQL, Apollo and the code generators is 15 deep. Introspection stays on: the schema is not
 * secret, and these tools need it.
 */
export const MAX_DEPTH = 15;
const KEY_LIFE_MONTHS = 11;

type FacadeApiProps = {
  readonly keyExpires: Date;
  readonly logRetention: logs.RetentionDays;
  readonly tracing: boolean;
};

/** The API without its resolvers. It logs errors only, without the contents of requests. */
export class FacadeApi extends appsync.GraphqlApi {
  readonly realtimeUrl: string;

  constructor(scope: Construct, id: string, { keyExpires, logRetention, tracing }: FacadeApiProps) {
    const schema = appsync.SchemaFile.fromAsset(SCHEMA_FILE);
    schema.definition = withAuthDirectives(SCHEMA);
    super(scope, id, {
      name: scope.node.path.replaceAll('/', '-'),
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
    const resource = this.node.defaultChild as appsync.CfnGraphQLApi;
    this.realtimeUrl = resource.attrRealtimeUrl;
    // Set on the resource: the `logConfig` prop would add a Lambda function of the CDK for the
    // retention.
    const group = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/appsync/apis/${this.apiId}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'LogsRole', {
      assumedBy: new iam.ServicePrincipal('appsync.amazonaws.com'),
    });
    group.grantWrite(role);
    resource.logConfig = {
      cloudWatchLogsRoleArn: role.roleArn,
      fieldLogLevel: appsync.FieldLogLevel.ERROR,
      excludeVerboseContent: true,
    };
    acknowledge(this, 'ASC3', 'Verbose logs would contain the headers and inputs of callers.');
  }
}

type ResolversProps = {
  readonly api: appsync.GraphqlApi;
  /** The functions by the fields (`Type.field`) that they resolve. */
  readonly functions: Readonly<Record<string, lambda.IFunction>>;
};

/** The resolvers of all fields, with and without a function. */
export class Resolvers extends Construct {
  constructor(scope: Construct, id: string, { api, functions }: ResolversProps) {
    super(scope, id);
    const role = new iam.Role(this, 'Role', { assumedBy: actingFor(this, 'appsync', api.arn) });
    for (const fn of Object.values(functions)) role.addToPolicy(allowInvoke(fn));
    // The data source would also add permission to invoke every version.
    const serviceRole = role.withoutPolicyUpdates();
    const none = api.addNoneDataSource('None');
    const fields: { field: string; dataSource: appsync.BaseDataSource; code: string }[] = [
      ...Object.entries(functions).map(([field, fn]) => {
        const name = `${field.replace('.', '')}Source`;
        const props = { api, name, lambdaFunction: fn, serviceRole };
        return { field, dataSource: new appsync.LambdaDataSource(this, name, props), code: 'field-errors' };
      }),
      { field: 'Mutation.publishProcessState', dataSource: none, code: 'Mutation.publishProcessState' },
      { field: 'Mutation.publishProcessStep', dataSource: none, code: 'Mutation.publishProcessStep' },
      { field: 'Subscription.onProcessState', dataSource: none, code: 'Subscription.onProcess' },
      { field: 'Subscription.onProcessStep', dataSource: none, code: 'Subscription.onProcess' },
    ];
    let previous: appsync.Resolver | undefined;
    for (const { field, dataSource, code } of fields) {
      const [typeName = '', fieldName = ''] = field.split('.');
      const resolver = new appsync.Resolver(this, `${typeName}${fieldName}`, {
        api,
        typeName,
        fieldName,
        dataSource,
        runtime: appsync.FunctionRuntime.JS_1_0_0,
        code: appsync.Code.fromInline(ownResolver(code)),
      });
      // One after the other: AppSync rejects concurrent changes of one API
      // (ConcurrentModificationException).
      if (previous) resolver.node.addDependency(previous);
      previous = resolver;
    }
  }
}

/**
 * Returns when the API key of a deployment made now expires: in ten to eleven months, unless a
 * later deployment renews it. AppSync's limit is 365 days. The date is the first of a month, so the
 * template changes once a month and not with every synthesis.
 */
export function keyExpiry(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + KEY_LIFE_MONTHS, 1));
}
