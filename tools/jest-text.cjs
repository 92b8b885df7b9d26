// Imports a file as its text, like esbuild's loader `text` in the programs.
module.exports = { process: (text) => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(text)} };` }) };
