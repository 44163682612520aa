/**
 * Services that the facade's functions use. They are passed in, so that the same code runs against
 * services in memory with any order of requests (`npm run explore`).
 */

import { randomUUID } from 'node:crypto';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { ProcessState } from './api-types.ts';
import { type Bucket, bucketFromEnvironment } from './objects.ts';

/** Data, executions and time. */
export type Services = {
  bucket: Bucket;
  stepFunctions: Pick<SFNClient, 'send'>;
  now(): Date;
  /** Returns a unique value, which identifies one attempt to start a process. */
  newId(): string;
};

/** Services for functions that record a state and publish it. */
export type PublishingServices = Services & {
  /** Returns when AppSync has accepted the state, noticed in this way. Throws `PublishFailed`. */
  publish(state: ProcessState, by: Recorder): Promise<void>;
};

/** What caused a change to be recorded and published. It is logged and counted. */
export type Recorder = 'event' | 'read' | 'sweep' | 'stop' | 'redrive';

let stepFunctions: SFNClient | undefined;

/**
 * Returns the services named by the environment variables. All callers share the clients, which
 * reuse their connections.
 */
export function servicesFromEnvironment(): Services {
  stepFunctions ??= new SFNClient({});
  return {
    bucket: bucketFromEnvironment(),
    stepFunctions,
    now: () => new Date(),
    newId: randomUUID,
  };
}
