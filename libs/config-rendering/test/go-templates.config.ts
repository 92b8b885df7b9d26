/**
 * Returns a setting of `go-templates.testbed-spec.ts`, which `npm run testbed -- run templates` runs, but not `npm test`.
 *
 * - GO_TEMPLATES: path of the built tools/testbed/go-templates
 * - GO_TEMPLATES_RESULTS: directory for the fresh results and the table
 *
 * @throws Error when the variable is not set
 */
export function goTemplates(name: 'GO_TEMPLATES' | 'GO_TEMPLATES_RESULTS'): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set; run this spec by: npm run testbed -- run templates`);
  }
  return value;
}
