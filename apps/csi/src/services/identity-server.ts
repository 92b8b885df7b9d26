import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type CallHandlers } from '../rpc/call-handlers';

/** csi.v1.Identity. Without the capability CONTROLLER_SERVICE: there is no controller, all volumes are ephemeral. */
export function identityServer(
  calls: CallHandlers,
  { version, isReady }: { version: string; isReady: () => boolean },
): UntypedServiceImplementation {
  return {
    GetPluginInfo: calls.quiet('GetPluginInfo', async () => ({ name: CSI_DRIVER_NAME, vendor_version: version })),
    GetPluginCapabilities: calls.quiet('GetPluginCapabilities', async () => ({ capabilities: [] })),
    Probe: calls.quiet('Probe', async () => ({ ready: { value: isReady() } })),
  };
}
