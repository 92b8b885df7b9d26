import { ANSWERS, CREDENTIALS, MEMORIES } from '../test/dance-table/states';
import { danceRows, rowsFor } from '../test/dance-table/table';

describe('the table of the dance', () => {
  const rows = danceRows();
  const cells = ANSWERS.flatMap((answer) =>
    CREDENTIALS.flatMap((credential) =>
      MEMORIES.map((memory) => ({ answer, credential, memory, rows: rowsFor(rows, answer, credential, memory) })),
    ),
  );

  it('has one row for each answer, credential and memory', () => {
    const wrong = cells.filter((cell) => cell.rows.length !== 1);
    expect(wrong.map((cell) => `${cell.answer}; ${cell.credential}; ${cell.memory}: ${cell.rows.length} rows`)).toEqual([]);
  });

  it('has no row for an impossible combination', () => {
    const reached = new Set(cells.flatMap((cell) => cell.rows));
    expect(rows.filter((row) => !reached.has(row)).map(({ where }) => where)).toEqual([]);
  });

  it('asks a token server twice at most, never anonymously when there is a credential, and no untrusted server', () => {
    const wrong = rows.filter(({ asked, credentials }) => {
      const tokens = asked.split(', ').filter((step) => step.includes('token('));
      const isAsItMayBe = (step: string): boolean =>
        credentials.every((credential) => step.startsWith('anonymous ') === (credential === 'none'));
      return tokens.length > 2 || !tokens.every(isAsItMayBe) || /UNTRUSTED|FOREIGN/.test(asked);
    });
    expect(wrong.map(({ where }) => where)).toEqual([]);
  });

  it('sends the request twice at most', () => {
    expect(rows.filter(({ asked }) => asked.split('DELETE').length > 3).map(({ where }) => where)).toEqual([]);
  });
});
