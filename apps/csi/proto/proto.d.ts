/** Protocol definitions are imported as JSON; see tools/proto-definition.cjs. */
declare module '*.proto' {
  const json: string;
  export default json;
}
