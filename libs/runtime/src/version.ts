import { version } from '../../../package.json';

/** Version of the programs: that of the workspace. */
export const VERSION: string = version;
