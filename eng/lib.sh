# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# Build nodes end with their build, so that a script leaves no process behind.
export MSBUILDDISABLENODEREUSE=1

in_ci() { [ "${CI:-}" = true ]; }
have() { command -v "$1" >/dev/null 2>&1; }
step() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }
note() { printf '%s\n' "$*" >&2; }

# apt_install PACKAGE...: installs Debian packages where this user may. 1 = they could not be installed.
apt_install() {
  if [ "$(id -u)" != 0 ] || ! have apt-get; then return 1; fi
  note "installing $*"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } </dev/null >&2
}

# missing WHAT HOW: a tool that a part of the tests needs is absent. An error in CI, a visible skip elsewhere.
missing() {
  if in_ci; then note "error: $1 is missing and CI needs it ($2)"; return 2; fi
  note "SKIPPED: $1 is missing ($2)"
  return 1
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port: a loopback port below the ephemeral range that nothing listens on now. Callers retry when they lose the race.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if port_is_free "$port"; then echo "$port"; return; fi
  done
}
