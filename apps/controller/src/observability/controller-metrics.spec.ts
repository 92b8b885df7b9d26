import { Registry } from 'prom-client';
import { ControllerMetrics } from './controller-metrics';

describe('the metrics of Connectors', () => {
  let registry: Registry;
  let metrics: ControllerMetrics;

  beforeEach(() => {
    registry = new Registry();
    metrics = new ControllerMetrics(registry, 2);
    metrics.setLeader(true);
  });

  const lines = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => /^connectors_controller_connector(s|_ready)\b/.test(line));

  it('name each Connector up to the maximum, those that are not Ready first, and report the others together', async () => {
    metrics.readiness.set('team/first', true);
    metrics.readiness.set('team/second', true);
    metrics.readiness.set('team/third', true);
    metrics.readiness.set('team/broken', false);
    expect(await lines()).toEqual([
      'connectors_controller_connector_ready{connector_namespace="team",connector_name="broken"} 0',
      'connectors_controller_connector_ready{connector_namespace="team",connector_name="first"} 1',
      'connectors_controller_connector_ready{connector_namespace="",connector_name="other"} 1',
      'connectors_controller_connectors{ready="true"} 3',
      'connectors_controller_connectors{ready="false"} 1',
    ]);
    metrics.readiness.set('team/first', false);
    metrics.readiness.set('team/second', false);
    expect((await lines())[2]).toBe('connectors_controller_connector_ready{connector_namespace="",connector_name="other"} 0');
  });

  it('forget a deleted Connector', async () => {
    metrics.readiness.set('team/first', false);
    metrics.readiness.set('team/second', true);
    await lines();
    metrics.readiness.remove('team/first');
    expect(await lines()).toEqual([
      'connectors_controller_connector_ready{connector_namespace="team",connector_name="second"} 1',
      'connectors_controller_connectors{ready="true"} 1',
      'connectors_controller_connectors{ready="false"} 0',
    ]);
  });

  it('are absent in a replica that no longer leads', async () => {
    metrics.readiness.set('team/first', true);
    metrics.setLeader(false);
    expect(await lines()).toEqual([]);
  });
});
