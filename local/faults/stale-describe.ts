import type { Service } from '../common/http-server.ts';
import type { Strike } from './dice.ts';

/** So many executions are remembered; the one that was asked for first is forgotten first. */
const MAX_EXECUTIONS = 10_000;

/**
 * Step Functions whose `DescribeExecution` may be behind: a stale answer is the one that stood
 * before the newest, whoever got that. An execution whose answers have all been the same is told as
 * it is.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export function staleDescribe(service: Service, strike: Strike): Service {
  const answers = new Map<string, { newest: string; before: string | undefined }>();

  function answerFor(fresh: string): string {
    const { executionArn, inputDetails } = JSON.parse(fresh);
    // The two forms that `includedData` asks for are not mistaken for each other.
    const key = `${executionArn} ${inputDetails.included}`;
    const known = answers.get(key);
    const before = known?.newest === fresh ? known.before : known?.newest;
    answers.set(key, { newest: fresh, before });
    if (answers.size > MAX_EXECUTIONS) answers.delete(String(answers.keys().next().value));
    return before !== undefined && strike('staleDescribe') ? before : fresh;
  }

  return (request, response, path) => {
    if (request.headers['x-amz-target'] === 'AWSStepFunctions.DescribeExecution') {
      // The service sends the body by one call, after a head that does not tell its length.
      const end = response.end.bind(response);
      Object.assign(response, {
        end: (body: string) => end(response.statusCode === 200 ? answerFor(body) : body),
      });
    }
    return service(request, response, path);
  };
}
