import { describeEnvScript } from '../../test/env-script-cases';

/** Shells that every system has. sh is dash on Debian, busybox on Alpine, and bash on others; --posix is how bash runs as `sh`. */
describeEnvScript('sh');
describeEnvScript('bash');
describeEnvScript('bash', '--posix');
