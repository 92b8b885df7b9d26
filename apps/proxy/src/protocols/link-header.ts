import { HeaderReader } from '@oci-connector/http';
import { ProxyError } from '../proxy.errors';
import { type ResponseHeaders } from '../upstream/response-headers';

/** Longest Link that is read, in bytes, for all header lines together: twice the longest place that is sealed. */
const MAX_LINK_LENGTH = 32 * 1024;

/** Most links that are read. Lists have one or two, web pages that name resources to preload have some tens. */
const MAX_LINKS = 100;

export interface Link {
  readonly reference: string;
  /** In lower case; empty if the link has no `rel`. */
  readonly relations: readonly string[];
  /** The text after the reference, unchanged. */
  readonly parameters: string;
}

/*
 * The grammar of RFC 8288 §3. Registries also write a reference without brackets. All patterns are sticky, and none reads a character
 * more than twice.
 *
 *   Link       = #link-value
 *   link-value = "<" URI-Reference ">" *( OWS ";" OWS [ link-param ] )
 *   link-param = token BWS [ "=" BWS ( token / quoted-string ) ]
 */
const SEPARATORS = /[ \t,]*/y;
const BRACKETED = /<([^<>]*)>/y;
/** A comma is part of the reference, unless a blank or the next link follows. */
const BARE = /([^ \t;,<>]+(?:,[^ \t;,<>]+)*)/y;
const PARAMETER = /[ \t]*;[ \t]*([^ \t;,="<>]*)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^ \t;,"]*)))?/y;
const END_OF_LINK = /[ \t]*(?:,|$)/y;

/**
 * Parses the links of one or several header lines, in their order.
 *
 * @throws ProxyError UpstreamInvalid when a link cannot be read: without its next page, a list would look complete
 */
export function parseLinks(link: ResponseHeaders[string]): Link[] {
  const text = Array.isArray(link) ? link.join(', ') : (link ?? '');
  if (text.length > MAX_LINK_LENGTH) {
    throw unreadable(`is longer than ${MAX_LINK_LENGTH} bytes`);
  }
  const reader = new HeaderReader(text);
  const links: Link[] = [];
  for (reader.take(SEPARATORS); !reader.atEnd; reader.take(SEPARATORS)) {
    if (links.length === MAX_LINKS) {
      throw unreadable(`contains more than ${MAX_LINKS} links`);
    }
    links.push(readLink(reader, text));
  }
  return links;
}

/**
 * Returns the reference of the next page in a list's Link (distribution-spec, "Listing Tags"); undefined if there is no next page. A
 * link without `rel` counts as next page, because clients follow the first link without reading its parameters.
 *
 * @throws ProxyError UpstreamInvalid when a link cannot be read, or there is more than one next page
 */
export function nextReference(link: ResponseHeaders[string]): string | undefined {
  const [next, ...more] = parseLinks(link).filter(({ relations }) => relations.length === 0 || relations.includes('next'));
  if (more.some(({ reference }) => reference !== next?.reference)) {
    throw unreadable('names more than one next page');
  }
  return next?.reference;
}

function readLink(reader: HeaderReader, text: string): Link {
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
 * Reads all parameters and returns the relations in lower case (RFC 8288 §2.1.1). By §3.3 only the first `rel` counts, but not all clients
 * follow that. No next page may be lost, so every `rel` counts here.
 */
function readRelations(reader: HeaderReader): string[] {
  const relations: string[] = [];
  for (let parameter = reader.take(PARAMETER); parameter; parameter = reader.take(PARAMETER)) {
    const [, name = '', quoted, token = ''] = parameter;
    if (name.toLowerCase() === 'rel') {
      relations.push(...relationTypes(quoted?.replace(/\\(.)/g, '$1') ?? token));
    }
  }
  return relations;
}

/** Splits at blanks and at other kinds of quotation marks, in ASCII or UTF-8, which some registries put around a relation. */
function relationTypes(relations: string): string[] {
  return relations
    .toLowerCase()
    .split(/[^\x21-\x26\x28-\x5f\x61-\x7e]+/)
    .filter((word) => word !== '');
}

function unreadable(what: string): ProxyError {
  return new ProxyError(
    'UpstreamInvalid',
    `the registry answered with a Link header that ${what}; without this header, a list would be cut short`,
  );
}
