import { checkExpression, ExpressionError, evaluateResponse } from './evaluate-response';

const response = {
  statusCode: 200,
  headers: { 'content-type': 'application/json', 'Content-Type': 'application/json' },
  bodyString: '{"state":"ok","parts":[{"name":"db","up":true}],"load":0.5}',
};

describe('response.cel', () => {
  const table: [string, boolean][] = [
    ['response.statusCode == 200', true],
    ['response.statusCode in [200, 401]', true],
    ['response.statusCode >= 300', false],
    ["response.headers['content-type'].startsWith('application/')", true],
    ["response.headers['Content-Type'] == 'application/json'", true],
    ["response.body.state == 'ok' && response.body.parts.all(p, p.up)", true],
    ['response.body.load < 0.6', true],
    ['response.bodyString.contains(\'"state"\')', true],
    ["has(response.body.missing) || response.body.state == 'bad'", false],
  ];
  it.each(table)('%s', (expression, expected) => {
    expect(evaluateResponse(expression, response)).toBe(expected);
  });

  it('uses null for a body that is not JSON', () => {
    expect(evaluateResponse("response.body == null && response.bodyString == 'pong'", { ...response, bodyString: 'pong' })).toBe(true);
  });

  const refused: [string, string, RegExp][] = [
    ['does not parse', 'response.statusCode = 200', /cannot be evaluated/],
    ['uses an unknown variable', 'request.path == "/"', /Unknown variable/],
    ['misses a key', "response.headers['x-none'] == 'a'", /cannot be evaluated/],
    ['does not result in a boolean', 'response.statusCode', /true or false/],
    ['is too long', `response.statusCode == 200 ${'|| true'.repeat(1000)}`, /4096/],
    ['takes forever', "response.bodyString.matches('^(\\\\w+\\\\s?)*$')", /longer than 500 ms/],
  ];
  it.each(refused)('that %s is an error', (_name, expression, message) => {
    const evil = { ...response, bodyString: `${'a'.repeat(60)}!` };
    expect(() => evaluateResponse(expression, evil)).toThrow(ExpressionError);
    expect(() => evaluateResponse(expression, evil)).toThrow(message);
  });
});

describe('checkExpression', () => {
  it('says why an expression does not compile, without evaluating it', () => {
    expect(checkExpression("response.headers['x-none'] == 'a'")).toBeUndefined();
    expect(checkExpression('response.statusCode = 200')).toMatch(/^response.cel cannot be evaluated: /);
    expect(checkExpression('request.path == "/"')).toMatch(/Unknown variable/);
  });
});
