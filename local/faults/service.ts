import type { Service } from '../common/http-server.ts';
import type { Delays } from './delays.ts';
import type { Strike } from './dice.ts';
import type { FaultKind } from './fault-kinds.ts';
import { loseAnswer } from './lost-answer.ts';
import { graphqlRefusals, type Refusal, s3Refusals, stepFunctionsRefusals } from './refusals.ts';

/** What can go wrong with a request to a service. */
type RequestFaults = {
  slow: FaultKind;
  refusals: readonly (readonly [FaultKind, () => Refusal])[];
  lose: FaultKind;
};

/** What can go wrong with the services, by the first segment of their path. */
export const requestFaults = {
  s3: {
    slow: 'slowS3',
    refusals: [
      ['failS3', s3Refusals.internalError],
      ['throttleS3', s3Refusals.slowDown],
    ],
    lose: 'loseS3',
  },
  states: {
    slow: 'slowStepFunctions',
    refusals: [
      ['failStepFunctions', stepFunctionsRefusals.internalFailure],
      ['throttleStepFunctions', stepFunctionsRefusals.throttling],
    ],
    lose: 'loseStepFunctions',
  },
  graphql: {
    slow: 'slowGraphql',
    refusals: [
      ['failGraphql', graphqlRefusals.internalFailure],
      ['refuseGraphql', graphqlRefusals.unavailable],
      ['refuseRequest', graphqlRefusals.unauthorized],
    ],
    lose: 'loseGraphql',
  },
} as const satisfies Record<string, RequestFaults>;

/**
 * A service whose requests wait, are refused before they have an effect, or lose their answer after
 * it.
 */
export function faultyService(
  service: Service,
  { slow, refusals, lose }: RequestFaults,
  { strike, delays, slowMs }: { strike: Strike; delays: Delays; slowMs: number },
): Service {
  return async (request, response, path) => {
    const howSlow = strike(slow);
    if (howSlow) await delays.wait(howSlow * slowMs);
    for (const [kind, refusal] of refusals) {
      if (!strike(kind)) continue;
      const { status, headers, body } = refusal();
      response.writeHead(status, headers).end(body);
      return;
    }
    if (strike(lose)) await loseAnswer(request, (unheard) => service(request, unheard, path));
    else await service(request, response, path);
  };
}
