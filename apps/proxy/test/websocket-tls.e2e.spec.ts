import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { aSecret, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { WebSocket, WebSocketServer } from 'ws';
import { basic, type ProxyWorld } from './proxy-world';
import { ACCOUNT, BASE, RawClient, startWebSocketWorld } from './web-socket-world';

describe('a WebSocket over TLS', () => {
  let world: ProxyWorld;
  let service: Server;
  let sockets: WebSocketServer;
  let url: string;
  let authority: TestCertificateAuthority;

  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
    service = createServer(await authority.issue({ ips: ['127.0.0.1'] }), (_request, response) => void response.writeHead(426).end());
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    url = `https://127.0.0.1:${(service.address() as AddressInfo).port}`;
    sockets = new WebSocketServer({ server: service });
    sockets.on('connection', (socket) => {
      socket.on('message', (data) => socket.send(data));
    });
    world = await startWebSocketWorld(url);
  });

  afterAll(async () => {
    await world.close();
    sockets.close();
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
  });

  it('to a service whose authority nobody named is 424, and sends nothing', async () => {
    const client = await (await RawClient.ask(world)).closed();
    expect(client.status).toBe(424);
    expect(client.body).toContain('spec.caCertSecretRef');
    expect(sockets.clients.size).toBe(0);
  });

  it('goes to a service whose authority the Connector names, for a client of the https port', async () => {
    const { metadata, ...secret } = aSecret({ name: 'ca', namespace: 'platform', stringData: { 'ca.crt': authority.caPem } });
    world.apply({ ...secret, metadata: { name: metadata.name, namespace: 'platform' } });
    await world.connect({ url }, { name: 'private', className: 'service', credential: ACCOUNT, spec: { caCertSecretRef: { name: 'ca' } } });
    const client = new WebSocket(`wss://127.0.0.1:${world.proxy.httpsPort}${BASE.replace('service', 'private')}/x`, {
      agent: new Agent({ ca: world.ca.certificate, servername: 'connectors-proxy-service.connectors-system.svc.cluster.local' }),
      headers: { authorization: basic(world.token('pusher')) },
    });
    await once(client, 'open');
    client.send('hello');
    expect(String(((await once(client, 'message')) as [Buffer])[0])).toBe('hello');
    client.close();
    await once(client, 'close');
  });

  it('C9: to an address that no Connector may lead to is 424, and makes no connection', async () => {
    await world.connect({ url: url.replace('127.0.0.1', '127.0.0.2') }, { name: 'service', className: 'service', credential: ACCOUNT });
    const client = await (await RawClient.ask(world)).closed();
    expect(client.status).toBe(424);
    expect(client.body).toContain('OCI_CONNECTOR_EGRESS_ALLOW_CIDRS');
  });
});
