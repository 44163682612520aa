import type { Credentials } from './credentials.ts';
import { RequestError } from './errors.ts';
import { type Http, unexpectedAnswer } from './http.ts';
import type { Lifetime } from './lifetime.ts';
import { type Arguments, operation } from './operation.ts';

/**
 * The value of one field, asked for once. Rejects with {@link RequestError}, or with the lifetime's
 * reason.
 */
export type GraphqlRequest = <Result>(
  kind: 'query' | 'mutation',
  field: string,
  args: Arguments,
  selection: string,
  lifetime: Lifetime,
) => Promise<Result>;

type GraphqlAnswer<Result> = {
  data?: Record<string, Result> | null;
  errors?: {
    message: string;
    errorType?: string | null;
    errorInfo?: unknown;
    path?: (string | number)[] | null;
  }[];
};

/**
 * GraphQL over HTTP POST. When the credential is refused (401), a credential function is asked once
 * more, because a token can expire on its way.
 */
export function createGraphqlRequest(url: string, credentials: Credentials, http: Http): GraphqlRequest {
  return async <Result>(
    kind: 'query' | 'mutation',
    field: string,
    args: Arguments,
    selection: string,
    lifetime: Lifetime,
  ) => {
    const body = JSON.stringify(operation(kind, field, args, selection));
    const post = async () => {
      if (lifetime.ended) throw lifetime.reason;
      const headers = { 'content-type': 'application/json', ...(await credentials.headers()) };
      return http(url, { method: 'POST', headers, body }, lifetime);
    };
    let answer = await post();
    if (answer.status === 401 && credentials.renewable) answer = await post();

    const { status, text } = answer;
    let parsed: GraphqlAnswer<Result> | null = null;
    try {
      parsed = JSON.parse(text);
    } catch {
      // A proxy's page, for example; refused below.
    }
    const error = parsed?.errors?.[0];
    if (error) throw new RequestError(error.message, error.errorType ?? 'GraphQLError', status, error);
    if (!parsed?.data) throw unexpectedAnswer(url, answer);
    return parsed.data[field] as Result;
  };
}
