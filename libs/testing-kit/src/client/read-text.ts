import { sendRequest } from './send-request';

/** A response with its body as text. */
export interface TextResponse {
  readonly status: number;
  /** The Content-Type. */
  readonly type?: string;
  readonly body: string;
}

/** Sends a GET and reads the response as text, for endpoints such as /readyz and /metrics. */
export async function readText(url: string): Promise<TextResponse> {
  const { status, headers, body } = await sendRequest(url);
  return { status, type: headers['content-type'], body: body.toString() };
}
