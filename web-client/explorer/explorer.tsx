import './monaco-workers.ts';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { exampleOperations } from './example-operations.ts';
import { loadConfig } from './explorer-config.ts';
import { createFetcher } from './fetcher.ts';

const container = document.getElementById('explorer');
if (!container) throw new Error('Expected an element with the id [explorer] in the page.');
try {
  const fetcher = createFetcher(await loadConfig(), localStorage);
  storeFirstExample();
  createRoot(container).render(
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={exampleOperations}
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
function storeFirstExample(): void {
  const [first] = exampleOperations;
  if (!first?.variables || localStorage.getItem('graphiql:tabState')) return;
  localStorage.setItem('graphiql:query', first.query);
  localStorage.setItem('graphiql:variables', first.variables);
}
