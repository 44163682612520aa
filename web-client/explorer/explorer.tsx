import './monaco-workers.ts';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { exampleOperations } from './example-operations.ts';
import { loadConfig } from './explorer-config.ts';
import { createFetcher, fetchDefinitions } from './fetcher.ts';

const container = document.getElementById('explorer');
if (!container) throw new Error('Expected an element with the id [explorer] in the page.');
try {
  const config = await loadConfig();
  const fetcher = createFetcher(config, localStorage);
  const examples = exampleOperations(await fetchDefinitions(config));
  storeFirst(examples);
  createRoot(container).render(
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={examples}
      defaultEditorToolsVisibility="variables"
      isHeadersEditorEnabled={false}
    />,
  );
} catch (error) {
  container.textContent = `The explorer could not start. ${error}`;
}

/**
 * On a first visit GraphiQL leaves out the variables of the first tab, unless it finds them stored.
 *
 * @see https://github.com/graphql/graphiql/issues/3392
 */
function storeFirst([first]: ReturnType<typeof exampleOperations>): void {
  if (!first?.variables || localStorage.getItem('graphiql:tabState')) return;
  localStorage.setItem('graphiql:query', first.query);
  localStorage.setItem('graphiql:variables', first.variables);
}
