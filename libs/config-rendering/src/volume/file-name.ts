/** As the keys of a ConfigMap, which become files in the same way. */
const FILE_NAME = /^[-._a-zA-Z0-9]+$/;

/** RFC 1123's limit of a name, which is Kubernetes' for the keys of a ConfigMap too; file systems allow 255. */
const FILE_NAME_MAX = 253;

/**
 * Whether a class may call a file so: a plain name in the volume itself. Names that begin with `..` belong to the swap
 * of the volume's content (`..data`), or lead out of it.
 */
export function isFileName(name: string): boolean {
  return name.length <= FILE_NAME_MAX && FILE_NAME.test(name) && name !== '.' && !name.startsWith('..');
}
