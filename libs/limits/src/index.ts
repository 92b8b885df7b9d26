export { SharedCache, type SharedCacheOptions, type SharedEntryOptions } from './shared-cache';
