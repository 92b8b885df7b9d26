import { lstatSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { VolumeError } from '../csi.errors';
import { CommandError, CommandShell } from './command-shell';
import { type Mounter } from './mounter';
import { parseMountInfo } from './mountinfo';

/** Output of mount(8) when the kernel does not know an option (EINVAL), from mount(2) and from fsconfig(2). */
const UNKNOWN_OPTION = /bad option|unknown parameter|invalid argument/i;

/** The source of the driver's mounts, shown by `mount` and mountinfo. The driver recognises its own mounts by it. */
export const MOUNT_SOURCE = CSI_DRIVER_NAME;

/** TMPFS_MAGIC of linux/magic.h, in statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/** Nothing normally mounts on top of the driver's mounts. The limit keeps unmounting from running for ever. */
const MAX_STACKED = 8;

/** For the operator of the node: nothing in a pod makes mounting a tmpfs fail. */
const ADVICE =
  "the kubelet tries again; if it keeps failing, see the node's kernel log, and check that connectors-csi runs privileged with mountPropagation Bidirectional";

export interface LinuxMounterOptions {
  /** Size of one tmpfs, in bytes. */
  readonly size: number;
  /** Called once when the kernel cannot keep files out of swap space. */
  readonly onSwappable: () => void;
  /** For tests: path of the mountinfo file. */
  readonly mountInfoFile?: string;
  /** For tests: runs the commands. */
  readonly commands?: Pick<CommandShell, 'run'>;
}

/** Mounts each volume as a tmpfs, with mount(8) and umount(8), because Node.js does not have these system calls. */
export class LinuxMounter implements Mounter {
  readonly canBeLost = true;
  /** Whether mounts use noswap, so that tokens are never written to a disk. False once the kernel has rejected the option. */
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
      // Linux before 6.4 does not know the option. Any other failure says nothing about the option and concerns only this mount.
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
      throw new VolumeError('TargetRefused', `target_path must not be a mount of another program: its source is not ${MOUNT_SOURCE}`);
    }
    for (let left = MAX_STACKED; left > 0 && this.isMounted(target); left -= 1) {
      await this.#command('umount', [target]);
    }
  }

  /** A mount point is on another device than its parent. This check does not depend on the number of mounts. */
  isMounted(target: string): boolean {
    const [own, parent] = [target, path.dirname(target)].map((directory) => lstatSync(directory, { throwIfNoEntry: false }));
    return own !== undefined && own.isDirectory() && own.dev !== parent?.dev && statfsSync(target).type === TMPFS_MAGIC;
  }

  async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    const mounts = parseMountInfo(await readFile(this.options.mountInfoFile ?? '/proc/self/mountinfo', 'utf8'));
    // Of several mounts on one directory, only the last one is visible.
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
