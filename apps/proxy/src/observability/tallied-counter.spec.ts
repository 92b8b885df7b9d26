import { Registry } from 'prom-client';
import { TalliedCounter } from './tallied-counter';

describe('TalliedCounter', () => {
  it('is updated at a scrape, adds up over several scrapes, and counts each combination of labels separately', async () => {
    const registry = new Registry();
    const counter = new TalliedCounter({ name: 'answers_total', help: 'Answers.', labelNames: ['verb', 'answer'], registers: [registry] });
    const read = async (): Promise<object> =>
      Object.fromEntries(
        ((await registry.getSingleMetric('answers_total')?.get())?.values ?? []).map(({ labels, value }) => [
          Object.values(labels).join(),
          value,
        ]),
      );
    counter.inc('get yes');
    counter.inc('get yes');
    counter.inc('update no');
    expect(await read()).toEqual({ 'get,yes': 2, 'update,no': 1 });
    counter.inc('get yes');
    expect(await read()).toEqual({ 'get,yes': 3, 'update,no': 1 });
    expect(await read()).toEqual({ 'get,yes': 3, 'update,no': 1 });
  });
});
