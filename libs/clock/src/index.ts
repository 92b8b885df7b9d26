export { type Clock, MAX_TIMER_MS, sleep, systemClock, type Timer, type WallClock } from './clock';
