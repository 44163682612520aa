import type { Credentials } from './credentials.ts';
import { RequestError } from './errors.ts';
import { type Http, unexpectedAnswer } from './http.ts';
import type { Lifetime } from './lifetime.ts';

/** The `data` of a query or mutation, asked once. Rejects with {@link RequestError}, or with the lifetime's reason. */
export type GraphqlRequest = <Data>(
  query: string,
  variables: Record<string, unknown>,
  lifetime: Lifetime,
) => Promise<Data>;

type GraphqlAnswer<Data> = {
  data?: Data | null;
  errors?: {
    message: string;
    errorType?: string | null;
    errorInfo?: unknown;
    path?: (string | number)[] | null;
  }[];
};

/**
 * GraphQL over HTTP POST. When the credential is refused (401), a credential function is asked once more, because a
 * token can expire on its way.
 */
export function createGraphqlRequest(url: string, credentials: Credentials, http: Http): GraphqlRequest {
  return async <Data>(query: string, variables: Record<string, unknown>, lifetime: Lifetime) => {
    const body = JSON.stringify({ query, variables });
    const post = async () => {
      if (lifetime.ended) throw lifetime.reason;
      const headers = { 'content-type': 'application/json', ...(await credentials.headers()) };
      return http(url, { method: 'POST', headers, body }, lifetime);
    };
    let answer = await post();
    if (answer.status === 401 && credentials.renewable) answer = await post();

    const { status, text } = answer;
    let parsed: GraphqlAnswer<Data> | null = null;
    try {
      parsed = JSON.parse(text);
    } catch {
      // A proxy's page, for example; refused below.
    }
    const error = parsed?.errors?.[0];
    if (error) throw new RequestError(error.message, error.errorType ?? 'GraphQLError', status, error);
    if (!parsed?.data) throw unexpectedAnswer(url, answer);
    return parsed.data;
  };
}
