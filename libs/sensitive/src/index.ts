export { Sensitive } from './sensitive';
