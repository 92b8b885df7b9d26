/** In its own file, so that it is loaded only when needed: loading takes half a second. Nothing else of the package is used. */
export { KubeConfig } from '@kubernetes/client-node';
