/** Turns directories into volumes and back. Every method is idempotent. */
export interface Mounter {
  /** Whether volumes are mounts, not only files: another process can unmount them, and the pod cannot get them back. */
  readonly canBeLost: boolean;
  /** Turns an existing, empty directory into a volume. */
  mount(target: string): Promise<void>;
  /**
   * Removes a volume: afterwards the directory is empty or does not exist.
   *
   * @throws VolumeError TargetRefused when another program mounted it
   */
  unmount(target: string): Promise<void>;
  /** Whether the directory is a volume. Synchronous, because every call needs it; see target-path.ts. */
  isMounted(target: string): boolean;
  /** Returns the volumes of this driver among the directories. A restarted driver finds its volumes by this. */
  mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>>;
}
