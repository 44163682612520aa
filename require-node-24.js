// Preloaded by every npm script, in plain JavaScript, because an older Node cannot read the TypeScript that follows.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Node 24 or newer is needed, and this is ${process.version}. It comes with \`npm ci\` as the package "node", ` +
      'whose install script must be allowed to run: try `npm ci --ignore-scripts=false`, or install Node 24 yourself.',
  );
  process.exit(1);
}
