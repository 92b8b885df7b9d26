/** Why functions of text/template, sprig and Helm are not offered, by the reason. */
const REASONS: readonly (readonly [reason: string, names: string])[] = [
  ['it reads the environment', 'env expandenv'],
  ['it asks the network', 'getHostByName'],
  [
    'it reads the clock, or a time zone',
    'ago date date_in_zone date_modify dateInZone dateModify htmlDate htmlDateInZone must_date_modify mustDateModify mustToDate now toDate unixEpoch duration durationRound',
  ],
  [
    'it is random, so that the file would change each time',
    'randAlphaNum randAlpha randAscii randNumeric randBytes randInt shuffle uuidv4 bcrypt htpasswd encryptAES genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey',
  ],
  ['files are no place to derive or make keys in', 'derivePassword decryptAES buildCustomCert'],
  [
    'regular expressions are not offered; use contains, replace, split, trimPrefix and the like',
    'regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit regexQuoteMeta',
  ],
  ['decimal arithmetic is not offered', 'add1f addf subf divf mulf'],
  ['versions are not compared here', 'semver semverCompare'],
  ['there is no function that could be called', 'call'],
  ['it greets', 'hello'],
  [
    'it belongs to Helm, not to sprig',
    'required include tpl lookup toYaml mustToYaml toYamlPretty fromYaml fromYamlArray fromJsonArray toToml mustToToml fromToml',
  ],
];

/** Functions that templates elsewhere may know and that are refused here, with the reason. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map(
  REASONS.flatMap(([reason, names]) => names.split(' ').map((name) => [name, reason] as const)),
);
