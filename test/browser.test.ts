/**
 * The client on a page in Chromium, and a page that attacks the local runtime. Without Chromium one
 * test is reported as skipped, and fails in CI.
 */
import { describe, it } from 'vitest';
import { testClientOnPage } from './browser/client-on-page.ts';
import { findChromium } from './browser/find-chromium.ts';
import { testHostilePage } from './browser/hostile-page.ts';

const executable = findChromium();

if (executable) {
  describe('the client on a page', () => testClientOnPage(executable));
  describe('a page', () => testHostilePage(executable));
} else {
  const notFound = 'No Chromium found: install one or set CHROMIUM_PATH. No browser test has run.';
  it(notFound, ({ skip }) => {
    if (process.env.CI) throw new Error(notFound);
    // Not on the console, which is silent for passing files.
    process.stderr.write(`${notFound}\n`);
    skip(notFound);
  });
}
