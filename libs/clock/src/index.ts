export { type Clock, sleep, systemClock, type Timer, type WallClock } from './clock';
