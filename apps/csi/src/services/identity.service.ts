import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { type CallHandlers } from '../rpc/call-handlers';

/** Name of the driver: `csi.driver` of a volume, `metadata.name` of the CSIDriver. */
export const DRIVER_NAME = 'connectors-csi';

/** csi.v1.Identity. Without the capability CONTROLLER_SERVICE: there is no controller, all volumes are ephemeral. */
export function identityService(
  calls: CallHandlers,
  { version, isReady }: { version: string; isReady: () => boolean },
): UntypedServiceImplementation {
  return {
    GetPluginInfo: calls.quiet('GetPluginInfo', async () => ({ name: DRIVER_NAME, vendor_version: version })),
    GetPluginCapabilities: calls.quiet('GetPluginCapabilities', async () => ({ capabilities: [] })),
    Probe: calls.quiet('Probe', async () => ({ ready: { value: isReady() } })),
  };
}
