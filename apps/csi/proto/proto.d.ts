/** Protocol definitions are bundled as text; see tools/bundle.mjs and, for tests, tools/jest-text.cjs. */
declare module '*.proto' {
  const text: string;
  export default text;
}
