export { ByteBudget, type ByteBudgetOptions, type ByteShare } from './byte-budget';
export { FairQueue } from './fair-queue';
export { PacedWork } from './paced-work';
export { SharedCache, type SharedCacheOptions, type SharedEntryOptions } from './shared-cache';
