/** What names an object in a namespace, as `types.NamespacedName` of Kubernetes. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}
