import { ProxyError } from '../proxy.errors';
import { type ResponseHeaders } from '../upstream/response-headers';

/** Longest Link that is read, in bytes, all lines together: twice the longest place that is sealed. */
const MAX_LINK_LENGTH = 32 * 1024;

/** Most links that are read; lists have one or two, pages that name what to load with them some tens. */
const MAX_LINKS = 100;

export interface Link {
  readonly reference: string;
  /** In lower case; empty where the link has no `rel`. */
  readonly relations: readonly string[];
  /** All that follows the reference, as it was written. */
  readonly parameters: string;
}

/*
 * RFC 8288 §3, and what registries write besides: a reference without brackets. All patterns are sticky, and none reads a
 * character more than twice.
 *
 *   Link       = #link-value
 *   link-value = "<" URI-Reference ">" *( OWS ";" OWS [ link-param ] )
 *   link-param = token BWS [ "=" BWS ( token / quoted-string ) ]
 */
const SEPARATORS = /[ \t,]*/y;
const BRACKETED = /<([^<>]*)>/y;
/** A comma belongs to it, unless a blank or the next link follows. */
const BARE = /([^ \t;,<>]+(?:,[^ \t;,<>]+)*)/y;
const PARAMETER = /[ \t]*;[ \t]*([^ \t;,="<>]*)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^ \t;,"]*)))?/y;
const END_OF_LINK = /[ \t]*(?:,|$)/y;

/** Takes what the pattern (sticky) matches at a place that moves on. */
class Reader {
  #position = 0;

  constructor(private readonly text: string) {}

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.text) ?? undefined;
    this.#position += match?.[0].length ?? 0;
    return match;
  }
}

/**
 * The links of one header line or many, in their order.
 *
 * @throws ProxyError UpstreamInvalid for what cannot be read: a list whose next page is left out looks shorter than it is
 */
export function parseLinks(link: ResponseHeaders[string]): Link[] {
  const text = Array.isArray(link) ? link.join(', ') : (link ?? '');
  if (text.length > MAX_LINK_LENGTH) {
    throw unreadable(`is longer than ${MAX_LINK_LENGTH} bytes`);
  }
  const reader = new Reader(text);
  const links: Link[] = [];
  for (reader.take(SEPARATORS); !reader.atEnd; reader.take(SEPARATORS)) {
    if (links.length === MAX_LINKS) {
      throw unreadable(`holds more than ${MAX_LINKS} links`);
    }
    links.push(readLink(reader, text));
  }
  return links;
}

/**
 * The reference of the next page in a list's Link (distribution-spec, "Listing Tags"); undefined where there is no next page. A
 * link without `rel` counts as one, because clients take the first link for it, whatever it says.
 *
 * @throws ProxyError UpstreamInvalid also for more than one next page
 */
export function nextReference(link: ResponseHeaders[string]): string | undefined {
  const [next, ...more] = parseLinks(link).filter(({ relations }) => relations.length === 0 || relations.includes('next'));
  if (more.some(({ reference }) => reference !== next?.reference)) {
    throw unreadable('names more than one next page');
  }
  return next?.reference;
}

function readLink(reader: Reader, text: string): Link {
  const reference = (reader.take(BRACKETED) ?? reader.take(BARE))?.[1];
  const start = reader.position;
  const relations = readRelations(reader);
  const parameters = text.slice(start, reader.position);
  if (reference === undefined || !reader.take(END_OF_LINK)) {
    throw unreadable('cannot be read');
  }
  return { reference, relations, parameters };
}

/**
 * Reads all parameters; gives the relations, without case (RFC 8288 §2.1.1). By §3.3 only the first `rel` counts: clients differ, and a
 * next page must not get lost, so each counts here.
 */
function readRelations(reader: Reader): string[] {
  const relations: string[] = [];
  for (let parameter = reader.take(PARAMETER); parameter; parameter = reader.take(PARAMETER)) {
    const [, name = '', quoted, token = ''] = parameter;
    if (name.toLowerCase() === 'rel') {
      relations.push(...relationTypes(quoted?.replace(/\\(.)/g, '$1') ?? token));
    }
  }
  return relations;
}

/** Words between blanks and quotation marks of other kinds, straight or in the bytes of UTF-8, which some put around a relation. */
function relationTypes(relations: string): string[] {
  return relations
    .toLowerCase()
    .split(/[^\x21-\x26\x28-\x5f\x61-\x7e]+/)
    .filter((word) => word !== '');
}

function unreadable(what: string): ProxyError {
  return new ProxyError('UpstreamInvalid', `the registry answered with a Link header that ${what}; without it, a list would be cut short`);
}
