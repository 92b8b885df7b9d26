import { describeEnvScript } from '../../test/env-script-cases';

/** What any system has: sh is dash on Debian, busybox on Alpine, bash on others; --posix is bash as the `sh` of those. */
describeEnvScript('sh');
describeEnvScript('bash');
describeEnvScript('bash', '--posix');
