export type { ProcessEvent, ProcessState, ProcessStatus, ProcessStep } from './api-types.ts';
export type { Clock } from './clock.ts';
export type { Credential, CredentialOptions } from './credentials.ts';
export type { DefinitionTypes } from './definition-types.ts';
export type { EndpointOptions } from './endpoint.ts';
export {
  ClientDisposedError,
  ProcessAbortedError,
  ProcessEndedError,
  ProcessFailedError,
  ProcessTimedOutError,
  RequestError,
  WaitTimeoutError,
} from './errors.ts';
export type { ProcessDefinition, ProcessHistory, StartOptions } from './process-api.ts';
export {
  createProcessClient,
  type FollowOptions,
  type ProcessClient,
  type ProcessClientOptions,
  type RunOptions,
} from './process-client.ts';
export type { ProcessData, ProcessDocument } from './process-document.ts';
export type { ProcessUpdate, UpdateSource, Via } from './process-feed.ts';
export { createProcessId } from './process-id.ts';
export type { Connection, ConnectionState } from './realtime.ts';
