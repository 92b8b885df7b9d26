export { quoted, visible, visibleLine } from './quoted';
export { Sensitive } from './sensitive';
