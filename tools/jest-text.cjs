// A file that is imported as its text, as esbuild's loader `text` does it in the programs.
module.exports = { process: (text) => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(text)} };` }) };
