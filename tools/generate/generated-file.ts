/** A file to write: its path, relative to the workspace, and its text. */
export interface GeneratedFile {
  path: string;
  text: string;
}
