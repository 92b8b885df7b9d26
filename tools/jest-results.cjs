// A reporter for Jest: writes the passed tests of a project to dist/test-results/PROJECT.json, as a list of {file, titles}.
// `node tools/run.mjs rules` compares the list with docs/security-rules.md. Nx sets the name of the project in the environment.
const { mkdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');

class PassedTests {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_contexts, { testResults }) {
    const project = process.env.NX_TASK_TARGET_PROJECT;
    if (!project) return;
    const passed = testResults.flatMap(({ testFilePath, testResults: tests }) =>
      tests
        .filter(({ status }) => status === 'passed')
        .map(({ ancestorTitles, title }) => ({ file: path.relative(this.rootDir, testFilePath), titles: [...ancestorTitles, title] })),
    );
    const directory = path.join(this.rootDir, 'dist', 'test-results');
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, `${project}.json`), JSON.stringify(passed, undefined, 1));
  }
}

module.exports = PassedTests;
