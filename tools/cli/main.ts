import { runProcess } from './run-connectors';

// tools/run.mjs changes to the directory of package.json, and says where the user was.
void runProcess(process.env['INIT_CWD'] ?? process.cwd());
