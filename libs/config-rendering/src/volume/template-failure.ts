import { quoted, Sensitive } from '@oci-connector/sensitive';
import { TemplateError } from '../template/template-error';
import { RenderingError } from './rendering.errors';

/**
 * Returns the error for a template that failed. Events and logs show its message, and a template can put the token into the
 * message in any form: a part of it, encoded, or as an index. So the message is kept only if another token gives the same one.
 *
 * @param again renders the template again, with another token
 */
export function templateFailure(error: TemplateError, again: () => unknown): RenderingError {
  if (messageOf(again) === error.message) {
    return new RenderingError('TemplateFailed', error.message, { cause: error });
  }
  const { connectorClass, configuration, file } = error;
  const place = `class "${connectorClass}", configuration ${quoted(configuration)}, file ${quoted(file)}`;
  return new RenderingError('TemplateFailed', `${place}: the template fails with a message that depends on the token, which is not shown`);
}

function messageOf(render: () => unknown): string | undefined {
  try {
    render();
  } catch (error) {
    if (error instanceof TemplateError) {
      return error.message;
    }
    throw error;
  }
  return undefined;
}

/** Half of the number of letters, and of digits. */
const LETTERS = 13;
const DIGITS = 5;

/** Returns a token of the same form in which every character except the dots differs, even when case is ignored. */
export function otherToken(token: Sensitive): Sensitive {
  const text = token.reveal().replace(/[A-Za-z0-9_-]/g, (character) => {
    if (character === '-') {
      return '_';
    }
    if (character === '_') {
      return '-';
    }
    if (/[0-9]/.test(character)) {
      return String((Number(character) + DIGITS) % 10);
    }
    const first = /[A-Z]/.test(character) ? 65 : 97;
    return String.fromCharCode(((character.charCodeAt(0) - first + LETTERS) % 26) + first);
  });
  return new Sensitive(text);
}
