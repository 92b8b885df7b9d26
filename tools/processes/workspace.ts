/** The workspace; tools are started from it. */
export const workspaceRoot = process.cwd();
