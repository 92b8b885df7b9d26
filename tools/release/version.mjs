// Versions of releases. Imports nothing; see tools/run.mjs.

/** https://semver.org, without build metadata, which the tag of an image cannot contain. */
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?$/;

/** @param {string} text */
export const isVersion = (text) => VERSION.test(text);

/**
 * Compares two versions by their precedence. @param {string} one @param {string} other
 * @returns {number} negative if the first one is lower
 */
export function compareVersions(one, other) {
  const [a, b] = [partsOf(one), partsOf(other)];
  const [differing] = a.core.map((number, index) => number - (b.core[index] ?? 0)).filter((difference) => difference !== 0);
  if (differing !== undefined) return differing;
  // A version without identifiers of a pre-release is the release itself.
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  const index = a.pre.findIndex((identifier, place) => identifier !== b.pre[place]);
  if (index < 0) return a.pre.length - b.pre.length;
  return compareIdentifiers(/** @type {string} */ (a.pre[index]), b.pre[index]);
}

/** @param {string} version */
function partsOf(version) {
  const [, major, minor, patch, pre] = VERSION.exec(version) ?? [];
  return { core: [major, minor, patch].map(Number), pre: pre === undefined ? [] : pre.split('.') };
}

/** @param {string} one @param {string | undefined} other */
function compareIdentifiers(one, other) {
  if (other === undefined) return 1;
  const [a, b] = [one, other].map((identifier) => (/^\d+$/.test(identifier) ? Number(identifier) : undefined));
  if (a !== undefined && b !== undefined) return a - b;
  // Numbers are lower than words.
  if (a !== undefined || b !== undefined) return a === undefined ? 1 : -1;
  return one < other ? -1 : 1;
}
