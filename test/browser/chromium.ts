import { type Browser, chromium } from 'playwright-core';

/** Sites that are no loopback names, though they resolve to this machine. */
export const SITE_NAMES = { shop: 'shop.example', attacker: 'attacker.example' };

/**
 * A Chromium without a window, for which the sites of {@link SITE_NAMES} are on this machine.
 * Without its own protection of local servers, which older ones, Firefox and Safari lack, so that
 * only ours is tested.
 *
 * @see https://developer.chrome.com/blog/local-network-access
 */
export function launchChromium(executablePath: string): Promise<Browser> {
  const rules = Object.values(SITE_NAMES).map((name) => `MAP ${name} 127.0.0.1`);
  const args = [`--host-resolver-rules=${rules.join(', ')}`, '--disable-features=LocalNetworkAccessChecks'];
  return chromium.launch({ executablePath, args });
}
