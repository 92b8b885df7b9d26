import { describeEnvScript } from '../../test/env-script-cases';

/** The `sh` of Debian and that of Alpine, wherever this is run. */
describeEnvScript('dash');
describeEnvScript('busybox', 'sh');
