import { startKubeApi } from '../kube-api/start-kube-api';
import { describeKubeContract } from './kube-contract';

let offset = 0;

describeKubeContract(
  'embedded',
  async () => {
    const server = await startKubeApi({ clock: () => Date.now() + offset });
    return {
      server: server.url,
      admin: { token: server.adminToken },
      advanceClock: (milliseconds) => {
        offset += milliseconds;
      },
      close: () => server.close(),
    };
  },
  { hasControllers: true, canAdvanceClock: true },
);
