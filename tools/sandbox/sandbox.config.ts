/** The directory that `npm start` was called from; npm itself changes to that of package.json. */
export const whereTheUserStands = process.env['INIT_CWD'] ?? process.cwd();
