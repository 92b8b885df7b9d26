import { compareConformance, countResults, readJunit } from './conformance';

const report = `<testsuites><testsuite name="x">
<testcase name="OCI/ping" classname="" time="0.1" status="passed">
  <system-err>name="not a test" status="failure"</system-err>
</testcase>
<testcase name="OCI/push" classname="" status="failure"></testcase>
<testcase name="OCI/push" classname="" status="passed"></testcase>
</testsuite></testsuites>`;

describe('readJunit and compareConformance', () => {
  it('reads names and states, independent of the order of tests with the same name', () => {
    expect([...readJunit(report)]).toEqual([
      ['OCI/ping', ['passed']],
      ['OCI/push', ['failure', 'passed']],
    ]);
    expect(countResults(readJunit(report))).toEqual({ passed: 2, failure: 1 });
  });

  it('lists every difference, including an absent test', () => {
    const direct = new Map<string, string[]>([
      ['a', ['passed']],
      ['b', ['failure']],
      ['c', ['passed']],
    ]);
    const proxied = new Map<string, string[]>([
      ['a', ['passed']],
      ['b', ['passed']],
      ['d', ['passed']],
    ]);
    expect(compareConformance(direct, proxied)).toEqual([
      'b: directly failure, through the proxy passed',
      'c: directly passed, through the proxy absent',
      'd: directly absent, through the proxy passed',
    ]);
  });
});
