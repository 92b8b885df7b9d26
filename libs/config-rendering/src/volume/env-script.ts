import { type ForwardProxy } from './forward-proxy';

/**
 * Returns `env.sh`, which any POSIX shell can source. It contains no token: it reads the file `context.token` in the same directory,
 * so that sourcing it again gives the current token. Only bash tells a sourced file its own path. In other shells, the script searches
 * /proc for the files that the process has open; the file that was sourced last has the highest number. If that fails too, the user
 * has to set CONNECTORS_DIR.
 *
 * Some clients read only the upper-case names; curl reads only `http_proxy`.
 */
export function envScript({ scheme, address, user, noProxy }: ForwardProxy): string {
  const beforeToken = quoted(`${scheme}://${user}:`);
  const afterToken = quoted(`@${address}`);
  return `# Sets the variables of the forward proxy, with the current token:
#   . /PATH/OF/VOLUME/env.sh
# A process reads them when it starts. If hours have passed, source this file again before you start a command.

# set -x would print the token.
case $- in *x*) connectors_trace=-x ;; *) connectors_trace=+x ;; esac
{ set +x; } 2>/dev/null

connectors_directory=\${CONNECTORS_DIR:-}
if [ -z "$connectors_directory" ] && [ -n "\${BASH_SOURCE:-}" ]; then
  case $BASH_SOURCE in */*) connectors_directory=\${BASH_SOURCE%/*} ;; *) connectors_directory=. ;; esac
elif [ -z "$connectors_directory" ]; then
  { read -r connectors_process connectors_file </proc/self/stat; } 2>/dev/null || connectors_process=self
  for connectors_file in "/proc/$connectors_process/fd/"*; do
    connectors_file=$(readlink "$connectors_file" 2>/dev/null) || continue
    case $connectors_file in */env.sh | */"env.sh (deleted)") connectors_directory=\${connectors_file%/*} ;; esac
  done
  connectors_directory=\${connectors_directory%/..*}
fi

connectors_token=
{ IFS= read -r connectors_token <"$connectors_directory/context.token"; } 2>/dev/null || :
if [ -n "$connectors_token" ]; then
  export http_proxy=${beforeToken}"$connectors_token"${afterToken}
  export https_proxy="$http_proxy" HTTP_PROXY="$http_proxy" HTTPS_PROXY="$http_proxy"
  export no_proxy=${quoted(noProxy)}
  export NO_PROXY="$no_proxy"
  connectors_token=read
else
  echo "env.sh: no context.token in '$connectors_directory'; set CONNECTORS_DIR to the directory of the volume" >&2
fi

set "$connectors_trace"
[ -n "$connectors_token" ] && unset connectors_trace connectors_directory connectors_process connectors_file connectors_token
`;
}

/** Quotes the text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
