import { parseAllDocuments } from 'yaml';
import { yamlBlocks } from './yaml-blocks';

/** One YAML document of a page. */
export interface YamlDocument {
  /** Its text, with the comments before it. */
  readonly text: string;
  readonly content: unknown;
}

/**
 * Returns the documents of all YAML blocks of a Markdown page.
 *
 * @throws YAMLParseError when a block is not valid YAML
 */
export function yamlDocuments(markdown: string): YamlDocument[] {
  return yamlBlocks(markdown).flatMap((block) =>
    block.split(/^---\n/m).flatMap((text) =>
      parseAllDocuments(text).map((document) => {
        if (document.errors[0]) {
          throw document.errors[0];
        }
        return { text, content: document.toJS() as unknown };
      }),
    ),
  );
}
