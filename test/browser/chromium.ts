import { type Browser, chromium } from 'playwright-core';

/** Sites without loopback names that nevertheless resolve to this machine. */
export const SITE_NAMES = { shop: 'shop.example', attacker: 'attacker.example' };

/**
 * Starts a headless Chromium that resolves {@link SITE_NAMES} to this machine. Its own protection
 * of local servers is off, since older versions, Firefox and Safari lack it: only ours is tested.
 *
 * @see https://developer.chrome.com/blog/local-network-access
 */
export function launchChromium(executablePath: string): Promise<Browser> {
  const rules = Object.values(SITE_NAMES).map((name) => `MAP ${name} 127.0.0.1`);
  const args = [`--host-resolver-rules=${rules.join(', ')}`, '--disable-features=LocalNetworkAccessChecks'];
  return chromium.launch({ executablePath, args });
}
