import { type ReceivedResponse } from '@oci-connector/testing-kit';

/**
 * Checks the status of a response, and its OCI error code if given.
 *
 * @throws Error with the response, when they differ
 */
export function expectAnswer(response: ReceivedResponse, status: number | readonly number[], code?: string): ReceivedResponse {
  const allowed = typeof status === 'number' ? [status] : status;
  const text = response.body.toString('utf8', 0, 500);
  if (!allowed.includes(response.status)) {
    throw new Error(`expected status ${allowed.join(' or ')}, got ${response.status}: ${text}`);
  }
  if (code !== undefined && codeOf(text) !== code) {
    throw new Error(`expected code ${code}, got: ${text}`);
  }
  return response;
}

/** Returns the code of the first error in a response body (distribution-spec, "Error Codes"). */
function codeOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { errors?: { code?: string }[] }).errors?.[0]?.code;
  } catch {
    return undefined;
  }
}
