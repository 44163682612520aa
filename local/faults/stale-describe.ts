import type { Service } from '../common/http-server.ts';
import type { ShouldFail } from './seeded-random.ts';

/** The number of executions whose responses are cached. The oldest is evicted first. */
const MAX_EXECUTIONS = 10_000;

/**
 * Returns Step Functions with a `DescribeExecution` that may be stale. A stale response is the one
 * before the newest, whichever client received it. An execution whose responses have all been the
 * same has no stale one.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export function staleDescribe(service: Service, shouldFail: ShouldFail): Service {
  const responses = new Map<string, { newest: string; before: string | undefined }>();

  function responseFor(fresh: string): string {
    const { executionArn, inputDetails } = JSON.parse(fresh);
    // `includedData` has two forms, which are cached separately.
    const key = `${executionArn} ${inputDetails.included}`;
    const known = responses.get(key);
    const before = known?.newest === fresh ? known.before : known?.newest;
    responses.set(key, { newest: fresh, before });
    if (responses.size > MAX_EXECUTIONS) responses.delete(String(responses.keys().next().value));
    return before !== undefined && shouldFail('staleDescribe') ? before : fresh;
  }

  return (request, response, path) => {
    if (request.headers['x-amz-target'] === 'AWSStepFunctions.DescribeExecution') {
      // The service sends the body by one call, after a head without its length.
      const end = response.end.bind(response);
      Object.assign(response, {
        end: (body: string) => end(response.statusCode === 200 ? responseFor(body) : body),
      });
    }
    return service(request, response, path);
  };
}
