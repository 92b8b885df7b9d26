/** The same characters as in the keys of a ConfigMap, which become files in the same way. */
const FILE_NAME = /^[-._a-zA-Z0-9]+$/;

/** Longest file name: RFC 1123's limit of a name, which Kubernetes also applies to the keys of a ConfigMap. File systems allow 255. */
const FILE_NAME_MAX = 253;

/**
 * Reports whether a class may use this file name: a plain name in the volume itself. Names that begin with `..` are reserved
 * for replacing the volume's content (`..data`), or lead out of the volume.
 */
export function isFileName(name: string): boolean {
  return name.length <= FILE_NAME_MAX && FILE_NAME.test(name) && name !== '.' && !name.startsWith('..');
}
