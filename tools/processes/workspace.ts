/** Root of the workspace, from which tools are started. */
export const workspaceRoot = process.cwd();
