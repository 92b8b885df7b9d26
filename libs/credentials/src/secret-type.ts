/** The `type` of Secrets with a known layout. */
export const SecretType = {
  /** Keys `username` and `password`; the type that the class `oci` requires for `tokenAuth`. */
  DistributionRegistryToken: 'cpaas.io/distribution-registry-token',
  /** Keys `username` and `password` (Kubernetes, "Basic authentication Secret"). */
  BasicAuth: 'kubernetes.io/basic-auth',
  /** Key `.dockerconfigjson`, the file that `docker login` writes (Kubernetes, "Docker config Secrets"). */
  DockerConfigJson: 'kubernetes.io/dockerconfigjson',
} as const;
