import { lstatSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError } from '../csi.errors';
import { CommandError, CommandShell } from './command-shell';
import { type Mounter } from './mounter';
import { parseMountInfo } from './mountinfo';

/** What mount(8) says when the kernel does not know an option (EINVAL), by mount(2) and by fsconfig(2). */
const UNKNOWN_OPTION = /bad option|unknown parameter|invalid argument/i;

/** The source of our mounts: what `mount` and mountinfo show, and by which they are known as ours. */
export const MOUNT_SOURCE = 'connectors-csi';

/** TMPFS_MAGIC of linux/magic.h, in statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/** Nothing mounts on top of our mounts. Should somebody have, unmounting does not go on for ever. */
const MAX_STACKED = 8;

/** For whoever operates the node: nothing in a pod makes mounting a tmpfs fail. */
const ADVICE =
  "this is tried again; if it lasts, see the node's kernel log, and whether connectors-csi runs privileged with mountPropagation Bidirectional";

export interface LinuxMounterOptions {
  /** Bytes of one tmpfs. */
  readonly size: number;
  /** Told once when the kernel cannot keep files out of swap space. */
  readonly onSwappable: () => void;
  /** For tests: where the kernel tells the mounts. */
  readonly mountInfoFile?: string;
  /** For tests: how a command is run. */
  readonly commands?: Pick<CommandShell, 'run'>;
}

/** Each volume is a tmpfs, by mount(8) and umount(8): system calls that Node.js does not have. */
export class LinuxMounter implements Mounter {
  readonly canBeLost = true;
  /** Tokens are not to be written to a disk; true until the kernel turns out not to offer it. */
  #keepsOutOfSwap = true;

  readonly #commands: Pick<CommandShell, 'run'>;

  constructor(private readonly options: LinuxMounterOptions) {
    this.#commands = options.commands ?? new CommandShell();
  }

  async mount(target: string): Promise<void> {
    if (!this.#keepsOutOfSwap) {
      return this.#mountWith('', target);
    }
    try {
      await this.#mountWith(',noswap', target);
    } catch (error) {
      // Linux before 6.4 does not know the option. Any other failure says nothing about it, and holds for this mount alone.
      if (!UNKNOWN_OPTION.test((error as VolumeError).message)) {
        throw error;
      }
      await this.#mountWith('', target);
      if (this.#keepsOutOfSwap) {
        this.options.onSwappable();
      }
      this.#keepsOutOfSwap = false;
    }
  }

  async #mountWith(more: string, target: string): Promise<void> {
    await this.#command('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${this.options.size},mode=0755,nosuid,nodev,noexec${more}`,
      MOUNT_SOURCE,
      target,
    ]);
  }

  async unmount(target: string): Promise<void> {
    if (this.isMounted(target) && !(await this.mountedAmong([target])).has(target)) {
      throw new VolumeError('TargetRefused', `target_path must not be a mount of others: its source is not ${MOUNT_SOURCE}`);
    }
    for (let left = MAX_STACKED; left > 0 && this.isMounted(target); left -= 1) {
      await this.#command('umount', [target]);
    }
  }

  /** A mount point is on another device than its parent; asking that takes no time, however many mounts there are. */
  isMounted(target: string): boolean {
    const [own, parent] = [target, path.dirname(target)].map((directory) => lstatSync(directory, { throwIfNoEntry: false }));
    return own !== undefined && own.isDirectory() && own.dev !== parent?.dev && statfsSync(target).type === TMPFS_MAGIC;
  }

  async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    const mounts = parseMountInfo(await readFile(this.options.mountInfoFile ?? '/proc/self/mountinfo', 'utf8'));
    // Of mounts on top of each other the last one is seen.
    const seen = new Map(mounts.map((mount) => [mount.mountPoint, mount]));
    return new Set(targets.filter((target) => seen.get(target)?.type === 'tmpfs' && seen.get(target)?.source === MOUNT_SOURCE));
  }

  async #command(name: 'mount' | 'umount', args: readonly string[]): Promise<void> {
    try {
      await this.#commands.run(name, ...args);
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      throw new VolumeError('MountFailed', `${name} failed: ${error.output || error.message}; ${ADVICE}`, { cause: error });
    }
  }
}
