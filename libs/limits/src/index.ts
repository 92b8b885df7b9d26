export { ByteBudget, type ByteBudgetOptions, type ByteShare } from './byte-budget';
export { SharedCache, type SharedCacheOptions, type SharedEntryOptions } from './shared-cache';
