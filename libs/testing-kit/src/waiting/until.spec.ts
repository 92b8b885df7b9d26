import { eventually, until, untilRight } from './until';

describe.each([
  ['until', (look: () => boolean) => until(look, 50)],
  ['eventually', (look: () => boolean) => eventually(look, 'it', 50)],
])('%s', (_name, waitFor) => {
  it('checks again until the condition is true', async () => {
    let times = 0;
    await waitFor(() => (times += 1) === 3);
    expect(times).toBe(3);
  });

  it('fails after its deadline, and with the error of the condition', async () => {
    await expect(waitFor(() => false)).rejects.toThrow('within 50 ms');
    await expect(
      waitFor(() => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
  });

  it('does not depend on fake timers', async () => {
    jest.useFakeTimers();
    let times = 0;
    await waitFor(() => (times += 1) === 3);
    await expect(waitFor(() => false)).rejects.toThrow('within 50 ms');
    jest.useRealTimers();
  });
});

it('eventually returns the value that was found, and names the one that was not', async () => {
  const answers = [undefined, false as const, 0];
  expect(await eventually(() => answers.shift())).toBe(0);
  await expect(
    eventually(
      () => undefined,
      () => 'the pod',
      1,
    ),
  ).rejects.toThrow('timed out waiting for the pod');
});

it('untilRight returns the first right answer, which may be false', async () => {
  const answers = [true, false];
  expect(
    await untilRight(
      async () => answers.shift(),
      (answer) => answer === false,
    ),
  ).toBe(false);
});
