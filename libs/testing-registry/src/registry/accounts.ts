import { type FixtureAccount, type FixtureAction, type FixtureGrants } from './fixture-registry-options';

/** Requested or granted rights on one repository. */
export interface RepositoryAccess {
  readonly repository: string;
  readonly actions: readonly FixtureAction[];
}

/** The users of the fixture. Their passwords can change while it runs. */
export class Accounts {
  readonly #accounts = new Map<string, FixtureAccount>();

  constructor(accounts: readonly FixtureAccount[]) {
    for (const account of accounts) {
      this.#accounts.set(account.username, account);
    }
  }

  setPassword(username: string, password: string): void {
    const account = this.#accounts.get(username);
    if (!account) {
      throw new Error(`the fixture has no account "${username}"`);
    }
    this.#accounts.set(username, { ...account, password });
  }

  /** Returns the account of an `Authorization: Basic` value; undefined for a wrong password and for any other value. */
  fromBasic(authorization: string, caseSensitive = false): FixtureAccount | undefined {
    const encoded = schemeValue(authorization, 'Basic', caseSensitive);
    if (encoded === undefined) {
      return undefined;
    }
    const pair = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    return colon < 0 ? undefined : this.fromPassword(pair.slice(0, colon), pair.slice(colon + 1));
  }

  fromPassword(username: string, password: string): FixtureAccount | undefined {
    const account = this.#accounts.get(username);
    return account?.password === password ? account : undefined;
  }

  fromIdentityToken(token: string): FixtureAccount | undefined {
    return [...this.#accounts.values()].find((account) => account.identityToken === token);
  }
}

/** Returns the text after the scheme; undefined for another scheme. */
export function schemeValue(authorization: string, scheme: string, caseSensitive: boolean): string | undefined {
  const [first = '', value = ''] = authorization.split(/ +/, 2);
  const same = caseSensitive ? first === scheme : first.toLowerCase() === scheme.toLowerCase();
  return same ? value : undefined;
}

/** All actions on all repositories: the default rights of an account. */
const ALL: FixtureGrants = { '*': ['*'] };

export function grantsOf(account: FixtureAccount): FixtureGrants {
  return account.grants ?? ALL;
}

/** Reports whether one of the grants covers the action. */
export function isGranted(grants: FixtureGrants, repository: string, action: FixtureAction): boolean {
  return Object.entries(grants).some(
    ([pattern, actions]) => covers(pattern, repository) && (actions.includes(action) || actions.includes('*')),
  );
}

function covers(pattern: string, repository: string): boolean {
  if (pattern === '*' || pattern === repository) {
    return true;
  }
  return pattern.endsWith('/*') && repository.startsWith(pattern.slice(0, -1));
}
