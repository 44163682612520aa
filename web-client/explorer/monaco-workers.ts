/** The worker of each language that GraphiQL edits; the bundle has them beside `explorer.js`. */
const workerFiles: Record<string, string> = {
  graphql: './graphql.worker.js',
  json: './json.worker.js',
};

// https://microsoft.github.io/monaco-editor/typedoc/interfaces/Environment.html#getWorker
Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_workerId: string, language: string) =>
      new Worker(new URL(workerFiles[language] ?? './editor.worker.js', import.meta.url)),
  },
});
