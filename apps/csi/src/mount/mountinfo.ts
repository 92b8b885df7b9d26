/** One mount: the fields of a line of /proc/PID/mountinfo that the driver reads (proc_pid_mountinfo(5)). */
export interface MountInfo {
  readonly mountPoint: string;
  readonly type: string;
  /** The mounted device. For a tmpfs any word, so the driver uses it as its mark. */
  readonly source: string;
}

/** Space, tab, newline and backslash, and only those, are written as octal escapes (fs/proc_namespace.c). */
const ESCAPE = /\\([0-7]{3})/g;

/** Fields before the mount point: mount ID, parent ID, device, root. */
const MOUNT_POINT = 4;

/** Reads the text of a mountinfo file. Skips lines of another form: the kernel may add some, and one odd line must not hide the rest. */
export function parseMountInfo(text: string): MountInfo[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    // A hyphen ends the optional fields; the type and the source follow it.
    const separator = fields.indexOf('-', MOUNT_POINT + 2);
    const [mountPoint, type, source] = [fields[MOUNT_POINT], fields[separator + 1], fields[separator + 2]];
    if (separator < 0 || mountPoint === undefined || type === undefined || source === undefined) {
      return [];
    }
    return [{ mountPoint: unescape(mountPoint), type, source: unescape(source) }];
  });
}

function unescape(field: string): string {
  return field.replace(ESCAPE, (_escape, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
