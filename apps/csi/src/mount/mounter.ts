/** Makes a directory a volume. Every method may be called again, and then finds nothing left to do. */
export interface Mounter {
  /** Whether a volume is more than files in a directory: a mount, which may be taken away and is then not to be had again. */
  readonly canBeLost: boolean;
  /** Makes an empty, existing directory a volume that is not. */
  mount(target: string): Promise<void>;
  /** Afterwards the directory is empty and no volume, or is not there. @throws VolumeError TargetRefused when what is mounted there is not ours */
  unmount(target: string): Promise<void>;
  /** Whether the directory is a volume. Asked at every call, hence synchronous; see target-path.ts. */
  isMounted(target: string): boolean;
  /** The volumes among these directories, from which a driver that was started anew learns what there is. */
  mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>>;
}
