/**
 * Returns the first `count` subnets of an IPv4 block, each with `hostBits` bits for its addresses,
 * as `Fn::Cidr` does. Throws for a block that is not valid or too small.
 */
export function cidrBlocks(block: string, count: number, hostBits: number): string[] {
  const [, ...parts] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(block) ?? [];
  const [a = 0, b = 0, c = 0, d = 0, prefix = 33] = parts.map(Number);
  const size = 2 ** hostBits;
  if (prefix > 32 || count * size > 2 ** (32 - prefix))
    throw new Error(`Expected ${count} blocks of ${hostBits} bits to fit in an IPv4 block, got ${block}`);
  const start = ((a * 256 + b) * 256 + c) * 256 + d;
  return Array.from({ length: count }, (_, index) => {
    const address = start + index * size;
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
    return `${bytes.join('.')}/${32 - hostBits}`;
  });
}
