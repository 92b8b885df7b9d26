import { until } from '../waiting/until';

/** Resolves when this process listens on exactly this number of TCP ports. A test uses it to show that a program leaves no port open. */
export function untilPortsServed(count: number): Promise<void> {
  return until(() => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length === count);
}
