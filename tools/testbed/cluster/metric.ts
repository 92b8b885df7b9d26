/**
 * Returns the sum of a metric of a program over all its labels.
 *
 * @param address of its pod
 * @throws Error when the program does not have it
 */
export async function metricOf(address: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${address}:9090/metrics`)).text();
  const series = text.split('\n').filter((line) => line.split(/[ {]/, 1)[0] === name);
  if (series.length === 0) {
    throw new Error(`no metric ${name}`);
  }
  return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
