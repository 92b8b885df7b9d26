/** The name of an object in a namespace, like `types.NamespacedName` of Kubernetes. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}
