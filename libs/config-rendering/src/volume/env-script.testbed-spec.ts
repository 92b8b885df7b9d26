import { describeEnvScript } from '../../test/env-script-cases';

/** The `sh` of Debian and the `sh` of Alpine, on any system. */
describeEnvScript('dash');
describeEnvScript('busybox', 'sh');
