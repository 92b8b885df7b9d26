import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type CallHandlers } from '../rpc/call-handlers';

/** Implements csi.v1.Identity, without the capability CONTROLLER_SERVICE: all volumes are ephemeral, so there is no CSI controller. */
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
