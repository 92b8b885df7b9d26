import { type ForwardProxy } from './forward-proxy';

/**
 * `env.sh`, to be sourced by any POSIX shell. It holds no token: it reads the file `context.token` beside it, so that sourcing it again
 * gives the token of that moment. A sourced file is told where it is by bash only; for other shells Linux knows which files
 * the process has open, and the one sourced last has the highest number. Where that fails too, the user says it.
 *
 * The upper-case names are for clients that know only those; curl knows only `http_proxy`.
 */
export function envScript({ address, user, noProxy }: ForwardProxy): string {
  const beforeToken = quoted(`http://${user}:`);
  const afterToken = quoted(`@${address}`);
  return `# Sets the variables of the forward proxy, with the token of this moment:
#   . /PATH/OF/VOLUME/env.sh
# A process reads them when it starts, so source it again before a command if hours have passed.

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

/** The text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
