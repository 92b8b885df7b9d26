import { EgressPolicy } from '@oci-connector/egress';
import { Transfer } from '../transfer/transfer';
import { UpstreamPool } from './upstream-pool';

describe('UpstreamPool', () => {
  const pools: UpstreamPool[] = [];
  const poolOf = (max?: number): UpstreamPool => {
    const pool = new UpstreamPool(new EgressPolicy({ allowCIDRs: [], redirectCIDRs: [], refusedHosts: [] }), { installationCa: [] }, max);
    pools.push(pool);
    return pool;
  };

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('C4: shares connections only within one revision of one Connector', () => {
    const pool = poolOf();
    const upstream = pool.get({ connectorUid: 'a', revision: '1' }, []);
    expect(pool.get({ connectorUid: 'a', revision: '1' }, [])).toBe(upstream);
    expect(pool.get({ connectorUid: 'b', revision: '1' }, [])).not.toBe(upstream);
    expect(upstream.transport('connector')).toBe(upstream.transport('connector'));
    expect(upstream.transport('redirect')).not.toBe(upstream.transport('connector'));
    expect(pool.get({ connectorUid: 'a', revision: '2' }, [])).not.toBe(upstream);
    expect(pool.isCurrent('a', upstream)).toBe(false);
  });

  it('closes the connections of the least recently used Connector, and of a deleted one', () => {
    const pool = poolOf(2);
    const [a, b] = ['a', 'b'].map((connectorUid) => pool.get({ connectorUid, revision: '1' }, []));
    if (!a || !b) {
      throw new Error('no upstreams');
    }
    expect(pool.isCurrent('a', a)).toBe(true);
    pool.get({ connectorUid: 'c', revision: '1' }, []);
    expect([pool.isCurrent('a', a), pool.isCurrent('b', b)]).toEqual([true, false]);
    pool.forget('a');
    expect(pool.isCurrent('a', a)).toBe(false);
  });

  it('closes no connections while a transfer holds them', async () => {
    const pool = poolOf();
    const upstream = pool.get({ connectorUid: 'a', revision: '1' }, []);
    const close = jest.spyOn(upstream.http, 'close');
    const transfers = [new Transfer(() => 0), new Transfer(() => 0)];
    for (const transfer of transfers) {
      upstream.hold(transfer);
    }
    pool.forget('a');
    const closed = pool.close();
    transfers[0]?.end();
    await Promise.resolve();
    expect(close).not.toHaveBeenCalled();
    transfers[1]?.end();
    await closed;
    expect(close).toHaveBeenCalledTimes(1);
  });
});
