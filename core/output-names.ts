/**
 * The outputs of a facade, whether a deployment or a local runtime has them, and where they are.
 */

/** What a client needs. Anyone who may use the API may see all of it. */
export const CLIENT_OUTPUTS = ['endpoint', 'realtimeEndpoint', 'region', 'apiKey', 'apiKeyExpires'] as const;

/** What operators need, and no client. */
export const OPERATOR_OUTPUTS = [
  'consoleUrl',
  'deadLetterQueueUrl',
  'statusChangeFunction',
  'sweepFunction',
  'machineArnPrefix',
  'bucket',
] as const;

/** All outputs of a facade. */
export const OUTPUT_NAMES = [...CLIENT_OUTPUTS, ...OPERATOR_OUTPUTS] as const;

/** A name in the files of the outputs. */
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** Returns an output's key in its stack: `OrdersApiKey` for the `apiKey` of the facade `Orders`. */
export function outputKey(facade: string, name: OutputName): string {
  return facade + name.charAt(0).toUpperCase() + name.slice(1);
}

/** Finds the facades with all their outputs among the outputs of a stack. */
export function facadesAmong(
  stackOutputs: Readonly<Record<string, string>>,
): Map<string, Record<OutputName, string>> {
  const values = new Map(Object.entries(stackOutputs));
  const facades = new Map<string, Record<OutputName, string>>();
  for (const key of values.keys()) {
    const last = outputKey('', 'machineArnPrefix');
    if (!key.endsWith(last)) continue;
    const facade = key.slice(0, -last.length);
    const outputs = OUTPUT_NAMES.map((name) => [name, values.get(outputKey(facade, name))] as const);
    if (outputs.every(([, value]) => value))
      facades.set(facade, Object.fromEntries(outputs) as Record<OutputName, string>);
  }
  return facades;
}

/** Returns the file with the outputs for operators, which is beside the one for clients. */
export function operatorFileOf(clientFile: string): string {
  return `${clientFile.replace(/\.json$/, '')}.operator.json`;
}

/** Returns the named ones of a facade's outputs. */
export function pick<Name extends OutputName>(
  outputs: Readonly<Record<OutputName, string>>,
  names: readonly Name[],
): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, outputs[name]])) as Record<Name, string>;
}
