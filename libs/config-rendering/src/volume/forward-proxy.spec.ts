import { aServedConnector, aClassWith, aVolume, mounted, TOKEN } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';
import { type VolumeRequest } from './volume-request';

/** Matches a RenderingError. */
function refusal(code: string, message: string): Error {
  return expect.objectContaining({ name: 'RenderingError', code, message: expect.stringContaining(message) as string }) as Error;
}

describe('the files of the forward proxy', () => {
  it('name all Connectors, and have the address of the first one', () => {
    const connectors = [mounted(aServedConnector('hub')), mounted(aServedConnector('quay', { namespace: 'platform' }))];
    const files = renderVolume(aVolume({ connectors }));
    expect(files.get('https.proxy')).toBe(`http://default%2Fhub,platform%2Fquay:${TOKEN}@c-hub.default.svc.cluster.local:80`);
    expect(files.get('.env')).toContain(
      ',c-hub.default,c-hub.default.svc,c-hub.default.svc.cluster.local,c-quay.platform,c-quay.platform.svc,',
    );
  });

  it('use the base URL of the installation', () => {
    const files = renderVolume(aVolume({ connectors: [mounted(aServedConnector('hub', { base: 'http://proxy.example:8080' }))] }));
    expect(files.get('connector.status.proxyAddress')).toBe('proxy.example:8080');
    expect(files.get('http.proxy')).toBe(`http://default%2Fhub:${TOKEN}@proxy.example:8080`);
    expect(files.get('.env')).toContain(',proxy.example,');
  });

  it.each([['http://registry.tools.svc.cluster.local:5000'], ['http://registry.tools.svc'], ['http://registry.cluster.local./team']])(
    'do not exclude the cluster from the proxy when the registry is %s',
    (address) => {
      const files = renderVolume(
        aVolume({ connectors: [mounted(aServedConnector('hub')), mounted(aServedConnector('inside', { address }))] }),
      );
      expect(files.get('.env')).toMatch(/,c-inside\.default\.svc\.cluster\.local\n$/);
    },
  );

  it('do not exclude the cluster from the proxy when a further address is in it', () => {
    const connector = aServedConnector('hub');
    connector.spec.addressExtensions = [{ name: 'blobs', value: 'https://blobs.tools.svc' }];
    expect(renderVolume(aVolume({ connectors: [mounted(connector)] })).get('.env')).not.toContain(',.svc,');
  });

  it.each([
    ['the API server', 'https://harbor.api.example', 'api.example'],
    ['the external address of the proxy', 'https://proxy.example:5000', 'proxy.example'],
    ['this machine', 'http://localhost:5000', 'localhost'],
    ['this machine, by its address', 'http://[::1]:5000', '::1'],
  ])('exclude no registry from the proxy whose host is covered by that of %s', (_what, address, covering) => {
    const environment = { ...aVolume().environment, apiServerHosts: ['10.96.0.1', 'api.example'] };
    const noProxyFor = (to?: string): string[] => {
      const connector = aServedConnector('hub', { base: 'http://proxy.example:8080', address: to });
      const files = renderVolume(aVolume({ connectors: [mounted(connector)], environment }));
      return /no_proxy=(.*)/.exec((files.get('.env') ?? '').toString())?.[1]?.split(',') ?? [];
    };
    expect(noProxyFor()).toContain(covering);
    expect(noProxyFor(address)).toEqual(noProxyFor().filter((entry) => entry !== covering));
  });
});

describe('the parameter tls of the forward proxy', () => {
  const withParams = (proxy: Record<string, string>, connectors = [mounted(aServedConnector('hub'))]): Partial<VolumeRequest> => ({
    connectors,
    configurationParams: { proxy },
  });

  it('makes the URL of the proxy an https URL, at the https port of the same host', () => {
    const url = `https://default%2Fhub:${TOKEN}@c-hub.default.svc.cluster.local:443`;
    const files = renderVolume(aVolume(withParams({ tls: 'true' })));
    expect([files.get('http.proxy'), files.get('https.proxy')]).toEqual([url, url]);
    expect(files.get('.env')).toContain(`http_proxy=${url}\nhttps_proxy=${url}\n`);
    expect(files.get('env.sh')).toContain("'https://default%2Fhub:'");
    expect(files.get('connector.status.proxyAddress')).toBe('c-hub.default.svc.cluster.local');
  });

  it('uses the external address for https, which clients reach directly', () => {
    const files = renderVolume(
      aVolume(withParams({ tls: 'true' }, [mounted(aServedConnector('hub', { base: 'http://proxy.example:8080' }))])),
    );
    expect(files.get('https.proxy')).toBe(`https://default%2Fhub:${TOKEN}@proxy.example:8443`);
    expect(files.get('.env')).toContain(',proxy.example,');
  });

  it('is false unless the volume sets it', () => {
    expect([...renderVolume(aVolume(withParams({ tls: 'false' })))]).toEqual([...renderVolume(aVolume())]);
    expect([...renderVolume(aVolume(withParams({})))]).toEqual([...renderVolume(aVolume())]);
  });

  it.each([
    ['ParameterInvalid', { tls: 'yes' }, 'configuration.params: parameter "tls" of "proxy" must be one of true, false'],
    ['ParameterInvalid', { tls: '' }, 'must be one of true, false'],
    ['ParameterUnknown', { tls: 'true', port: '443' }, 'configuration.params: "proxy" has no parameter "port"; it has tls'],
    ['ParameterUnknown', { constructor: 'true' }, '"proxy" has no parameter "constructor"; it has tls'],
  ])('is refused with %s for %j', (code, params, message) => {
    expect(() => renderVolume(aVolume(withParams(params)))).toThrow(refusal(code, message));
  });

  it('waits for the https address of the Connector, which it names', () => {
    const connector = aServedConnector('hub');
    delete connector.status?.proxy?.httpsAddress;
    expect(() => renderVolume(aVolume(withParams({ tls: 'true' }, [mounted(connector)])))).toThrow(
      refusal('ConnectorNotServed', 'has no address yet (status.proxy.httpsAddress.url)'),
    );
    expect(renderVolume(aVolume({ connectors: [mounted(connector)] })).has('https.proxy')).toBe(true);
  });

  it('belongs to no configuration, although a class may have been stored with one of this name', () => {
    const connectorClass = aClassWith('old', [{ name: 'proxy', data: { file: 'text' }, params: [{ name: 'port' }] }]);
    const connectors = [mounted(aServedConnector('hub'), connectorClass)];
    expect(() => renderVolume(aVolume({ connectors, configurationNames: ['proxy'] }))).toThrow(
      refusal(
        'ConfigurationNotFound',
        'configuration.names: "proxy" is no configuration, because every volume has the files of the forward proxy; remove it here (configuration.params may have values for it)',
      ),
    );
  });
});
