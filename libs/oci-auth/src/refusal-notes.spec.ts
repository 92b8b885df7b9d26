import { RefusalNotes } from './refusal-notes';

describe('RefusalNotes', () => {
  it('returns the keys noted for a repository, once', () => {
    const notes = new RefusalNotes();
    notes.add('uid', 'team/app', 'pull');
    notes.add('uid', 'team/app', 'push');
    notes.add('uid', 'team/app', 'pull');
    notes.add('uid', 'team/other', 'pull');
    expect(notes.take('team/app')).toEqual(['push', 'pull']);
    expect(notes.take('team/app')).toEqual([]);
    expect(notes.take('team/other')).toEqual(['pull']);
  });

  it('keeps the latest keys of one repository, however many token servers its registry names', () => {
    const notes = new RefusalNotes();
    for (let index = 0; index < 1_000; index++) {
      notes.add('uid', 'team/app', `key ${index}`);
    }
    expect(notes.take('team/app')).toEqual(Array.from({ length: 16 }, (_, index) => `key ${984 + index}`));
  });

  it('forgets a connector', () => {
    const notes = new RefusalNotes();
    notes.add('a', 'a/app', 'key');
    notes.add('b', 'b/app', 'key');
    notes.forget((repository) => repository.startsWith('a/'));
    expect([notes.take('a/app'), notes.take('b/app')]).toEqual([[], ['key']]);
  });
});
