import { type ErrorFormat } from '../protocols/protocol';

/** Errors of the forward proxy itself: its clients may speak any protocol. */
export const PLAIN_TEXT: ErrorFormat = {
  errorBody: ({ message }) => ({ contentType: 'text/plain; charset=utf-8', body: `${message}\n` }),
};
