/** The sources of the packages' entries, which are built for `npm pack` only. */
export const SOURCES: Readonly<Record<string, string>> = {
  'process-facade': 'infra/index.ts',
  'process-facade/step': 'core/step/index.ts',
  'process-facade/local': 'local/index.ts',
  'process-facade-client': 'client/index.ts',
  'process-facade-client/apollo': 'client/apollo.ts',
};
