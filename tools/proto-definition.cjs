// How a .proto file is imported: as its definition in JSON, which protobufjs makes of the text when a program is bundled (tools/bundle.mjs),
// or for a test (jest.config.ts). So no program contains or parses the text.
const { parse } = require('protobufjs');

/** Without extensions: csi.proto only has such that add options to fields, which no program reads. */
const withoutExtensions = (_name, value) => (typeof value?.extend === 'string' ? undefined : value);

const definitionOf = (text) => JSON.stringify(parse(text, { keepCase: true }).root.toJSON(), withoutExtensions);

module.exports = {
  definitionOf,
  process: (text) => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(definitionOf(text))} };` }),
};
