/** In a file of its own, to be loaded when it is needed: it takes half a second, and nothing else of the client is used. */
export { KubeConfig } from '@kubernetes/client-node';
