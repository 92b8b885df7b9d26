/** One mount, the part of a line of /proc/PID/mountinfo that is of interest here (proc_pid_mountinfo(5)). */
export interface MountInfo {
  readonly mountPoint: string;
  readonly type: string;
  /** What the mount was made from; for a tmpfs any word, hence a mark. */
  readonly source: string;
}

/** Space, tab, newline and backslash, and only those, are written as octal escapes (fs/proc_namespace.c). */
const ESCAPE = /\\([0-7]{3})/g;

/** Fields before the mount point: mount ID, parent ID, device, root. */
const MOUNT_POINT = 4;

/** Reads the text of a mountinfo file. Lines of another form are left out: the kernel may add, and one odd line must not hide the rest. */
export function parseMountInfo(text: string): MountInfo[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    // Optional fields of any number end with a hyphen; the type and the source come after it.
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
