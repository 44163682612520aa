import type { Service } from '../common/http-server.ts';
import type { Delays } from './delays.ts';
import type { FaultKind } from './fault-kinds.ts';
import { loseResponse } from './lost-response.ts';
import { graphqlRejections, type Rejection, s3Rejections, stepFunctionsRejections } from './rejections.ts';
import type { ShouldFail } from './seeded-random.ts';

/** The faults of a request to a service. */
type RequestFaults = {
  slow: FaultKind;
  rejections: readonly (readonly [FaultKind, () => Rejection])[];
  lose: FaultKind;
};

/** The faults of requests, by the first segment of the service's path. */
export const requestFaults = {
  s3: {
    slow: 'slowS3',
    rejections: [
      ['failS3', s3Rejections.internalError],
      ['throttleS3', s3Rejections.slowDown],
    ],
    lose: 'loseS3',
  },
  states: {
    slow: 'slowStepFunctions',
    rejections: [
      ['failStepFunctions', stepFunctionsRejections.internalFailure],
      ['throttleStepFunctions', stepFunctionsRejections.throttling],
    ],
    lose: 'loseStepFunctions',
  },
  graphql: {
    slow: 'slowGraphql',
    rejections: [
      ['failGraphql', graphqlRejections.internalFailure],
      ['refuseGraphql', graphqlRejections.unavailable],
      ['refuseRequest', graphqlRejections.unauthorized],
    ],
    lose: 'loseGraphql',
  },
} as const satisfies Record<string, RequestFaults>;

/**
 * Returns a service that delays requests, rejects them before they take effect, or loses their
 * responses afterwards.
 */
export function faultyService(
  service: Service,
  { slow, rejections, lose }: RequestFaults,
  { shouldFail, delays, slowMs }: { shouldFail: ShouldFail; delays: Delays; slowMs: number },
): Service {
  return async (request, response, path) => {
    const severity = shouldFail(slow);
    if (severity) await delays.wait(severity * slowMs);
    for (const [kind, rejection] of rejections) {
      if (!shouldFail(kind)) continue;
      const { status, headers, body } = rejection();
      response.writeHead(status, headers).end(body);
      return;
    }
    if (shouldFail(lose)) await loseResponse(request, (discarded) => service(request, discarded, path));
    else await service(request, response, path);
  };
}
