import { IsIn, IsString, Matches, Max, Min } from 'class-validator';
import { ConfigurationError, Setting, describeSettings, loadSettings } from './settings';

class BaseSettings {
  @Setting({ name: 'LOG', kind: 'string', description: 'how much to log' })
  @IsIn(['info', 'debug'])
  log = 'info';
}

class Settings extends BaseSettings {
  @Setting({ name: 'PORT', kind: 'integer', description: 'port' })
  @Min(0)
  @Max(65535)
  port = 8080;

  @Setting({ name: 'FILE', kind: 'string', description: 'a file' })
  @IsString()
  file = '';

  @Setting({ name: 'WAIT', kind: 'duration', description: 'how long' })
  @Min(1000, { message: 'must be at least 1s' })
  wait = 90_000;

  @Setting({ name: 'NAMES', kind: 'list', description: 'names' })
  names: string[] = ['a', 'b'];

  @Setting({ name: 'STRICT', kind: 'boolean', description: 'strict' })
  strict = false;
}

describe('settings', () => {
  it('keeps the default of a variable that is absent or empty', () => {
    expect(loadSettings(Settings, { PORT: '' })).toEqual({
      log: 'info',
      port: 8080,
      file: '',
      wait: 90_000,
      names: ['a', 'b'],
      strict: false,
    });
  });

  it('parses every kind', () => {
    const environment = { LOG: 'debug', PORT: '1', FILE: 'x', WAIT: '1h1m1s1ms', NAMES: ' x , ,y', STRICT: 'true' };
    expect(loadSettings(Settings, environment)).toEqual({
      log: 'debug',
      port: 1,
      file: 'x',
      wait: 3_661_001,
      names: ['x', 'y'],
      strict: true,
    });
  });

  it('reports all problems together, by the name of the variable', () => {
    const load = () => loadSettings(Settings, { LOG: 'loud', PORT: '70000', WAIT: 'soon', STRICT: 'yes' });
    expect(load).toThrow(ConfigurationError);
    expect(load).toThrow(/PORT: must not be greater than 65535/);
    expect(load).toThrow(/WAIT: "soon" is not a duration; write it like 30s/);
    expect(load).toThrow(/STRICT: "yes" is neither true nor false/);
    expect(load).toThrow(/LOG: must be one of/);
  });

  it('names only the variable, never the property behind it, and gives limits of durations with a unit', () => {
    class Limited {
      @Setting({ name: 'CONCURRENCY', kind: 'integer', description: 'how many' })
      @Min(1)
      concurrency = 4;

      @Setting({ name: 'RESYNC', kind: 'duration', description: 'how often' })
      @Min(90_000)
      @Max(3_600_000)
      resync = 600_000;

      @Setting({ name: 'AUDIENCES', kind: 'list', description: 'for whom' })
      @Matches(/^a/, { each: true })
      audiences = ['a'];
    }
    const problemsOf = (environment: Record<string, string>): readonly string[] => {
      try {
        loadSettings(Limited, environment);
        return [];
      } catch (error) {
        return (error as ConfigurationError).problems;
      }
    };
    expect(problemsOf({ CONCURRENCY: '0', RESYNC: '1s', AUDIENCES: 'b' })).toEqual([
      'CONCURRENCY: must not be less than 1',
      'RESYNC: must not be less than 90s',
      'AUDIENCES: each value must match /^a/ regular expression',
    ]);
    expect(problemsOf({ RESYNC: '2h' })).toEqual(['RESYNC: must not be greater than 1h']);
  });

  it('describes the settings with their defaults, those of the base class first', () => {
    expect(describeSettings(Settings).map(({ name, defaultText }) => [name, defaultText])).toEqual([
      ['LOG', 'info'],
      ['PORT', '8080'],
      ['FILE', ''],
      ['WAIT', '90s'],
      ['NAMES', 'a,b'],
      ['STRICT', 'false'],
    ]);
  });
});
