import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import type { Logger } from '../common/logger.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import { createDocumentReader } from './graphql/documents.ts';
import { createFieldResolution } from './graphql/field-resolution.ts';
import { createGraphQLService, type GraphQLResponse } from './graphql/graphql-service.ts';
import { createResolvers } from './graphql/resolvers.ts';
import { buildAppSyncSchema, subscriptionsByMutation } from './graphql/schema.ts';
import { createHttpEndpoint } from './http-endpoint.ts';
import { createRealtimeEndpoint } from './realtime/endpoint.ts';
import { createSubscriptionHub } from './realtime/hub.ts';
import { createSubscribe } from './realtime/subscribe.ts';
import { type Caller, createAuthentication, identityOf } from './resolver/callers.ts';
import {
  type ApiConfiguration,
  type ApiKey,
  authenticationModes,
  type DataSource,
  type Resolver,
} from './resolver/configuration.ts';
import { AppSyncConfigurationError, MalformedRequestError } from './resolver/errors.ts';
import { createFieldAuthorization } from './resolver/field-authorization.ts';
import type { ContextOf } from './resolver/resolver-context.ts';

/** An API as in the template, and what it needs of the other services. */
export type AppSyncConfiguration = {
  api: ApiConfiguration;
  /**
   * The SDL as deployed: with `@aws_*` directives, without declarations of scalars and directives.
   */
  schema: string;
  apiKeys: readonly ApiKey[];
  dataSources: readonly DataSource[];
  /** Unit resolvers only. */
  resolvers: readonly Resolver[];
  invokeLambda: InvokeLambda;
  verifier: SignatureVerifier;
  isAllowed: IsAllowed;
  /** Receives internal errors. @default console */
  logger?: Logger;
  /** @default 60 000 */
  keepAliveMs?: number;
  /** @default 300 000 */
  connectionTimeoutMs?: number;
  /** @default 30 000 */
  executionTimeoutMs?: number;
};

/** A served AppSync API. */
export type AppSync = {
  /** Handles `POST`, `GET` and `OPTIONS` on `/graphql`. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Serves a WebSocket on `/graphql/realtime`, or `/graphql`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Executes a query or mutation as a session of the role, as EventBridge does for a rule whose
   * target is the API.
   */
  executeAsRole(roleArn: string, query: string, variables: Record<string, unknown>): Promise<GraphQLResponse>;
  connectionCount(): number;
  /** Closes all WebSockets. */
  close(): Promise<void>;
};

/**
 * Serves one AppSync API by the documented and recorded behavior of the service. See
 * local/SUPPORT.md for the differences.
 *
 * Throws {@link AppSyncConfigurationError} for configurations that AppSync would reject, and for
 * unsupported ones.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/what-is-appsync.html
 */
export function createAppSync(configuration: AppSyncConfiguration): AppSync {
  const { api, executionTimeoutMs = 30_000, logger = console } = configuration;
  const modes = authenticationModes(api);
  const schema = buildAppSyncSchema(configuration.schema);
  const authenticate = createAuthentication({ ...configuration, modes });
  const authorization = createFieldAuthorization({
    schema,
    api,
    defaultMode: modes[0],
    isAllowed: configuration.isAllowed,
  });
  const resolveField = createFieldResolution({
    resolvers: createResolvers({
      ...configuration,
      schema,
      environmentVariables: api.environmentVariables,
    }),
    authorization,
    queryDepthLimit: api.queryDepthLimit ?? 0,
    resolverCountLimit: api.resolverCountLimit ?? 0,
  });
  const prepareDocument = createDocumentReader(schema, { introspection: api.introspection ?? 'ENABLED' });
  const hub = createSubscriptionHub({ schema, authorization, logger }, subscriptionsByMutation(schema));
  const contextOf: ContextOf = (caller, headers, sourceIp) => ({
    identity: identityOf(caller, api.accountId, sourceIp),
    request: { headers, domainName: null },
  });

  const executeRequest = createGraphQLService({
    schema,
    prepareDocument,
    resolveField,
    executionTimeoutMs,
    logger,
    onMutation({ successes, invalidations }) {
      successes.forEach(hub.publish);
      invalidations.forEach(hub.invalidate);
    },
  });
  const realtime = createRealtimeEndpoint({
    authenticate,
    subscribe: createSubscribe({
      schema,
      prepareDocument,
      resolveField,
      contextOf,
      executionTimeoutMs,
      logger,
    }),
    hub,
    logger,
    keepAliveMs: configuration.keepAliveMs ?? 60_000,
    connectionTimeoutMs: configuration.connectionTimeoutMs ?? 300_000,
  });

  return {
    handleRequest: createHttpEndpoint({ authenticate, executeRequest, contextOf, logger }),
    handleUpgrade: realtime.handleUpgrade,
    async executeAsRole(roleArn, query, variables) {
      if (!modes.includes('AWS_IAM')) {
        throw new AppSyncConfigurationError(
          `API [${api.apiId}]: Expected AWS_IAM among its authentication modes, because the role ${roleArn} calls it.`,
        );
      }
      const principal = { accessKeyId: '', roleArn, sessionName: 'events' };
      const caller: Caller = { mode: 'AWS_IAM', principal };
      try {
        return await executeRequest(
          { query, variables, operationName: null },
          caller,
          contextOf(caller, {}, []),
        );
      } catch (error) {
        if (!(error instanceof MalformedRequestError)) throw error;
        const { errorType, message } = error;
        return { data: null, errors: [{ errorType, message }] };
      }
    },
    connectionCount: realtime.connectionCount,
    close: realtime.close,
  };
}
