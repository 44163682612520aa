/**
 * Where the API is; the names are those of a deployment's outputs. The page reads it from
 * `config.json` beside it.
 */
export type ExplorerConfig = { endpoint: string; realtimeEndpoint: string; apiKey: string };

/** Fetches the configuration from the server. */
export async function loadConfig(): Promise<ExplorerConfig> {
  const response = await fetch('config.json');
  if (!response.ok) throw new Error(`config.json: expected status 200, got ${response.status}`);
  return response.json();
}
