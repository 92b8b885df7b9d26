import { version } from '../../../package.json';

/** Version of the programs, which is that of the workspace. */
export const VERSION: string = version;
