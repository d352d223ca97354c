# shellcheck shell=bash
# What the machine must have: the .NET SDK and Node (the user's part), Debian packages (installed here).

NEEDED_SDK=10.0.100
NEEDED_NODE=20
NEEDED_POSTGRES=15

# Prints the SDK that global.json selects; empty when there is none.
sdk_version() {
    (cd "$ROOT" && dotnet --version 2>/dev/null) || true
}

at_least() { # at_least VERSION MINIMUM
    [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}

sdk_problem() {
    local version
    if ! command -v dotnet >/dev/null; then
        say "the .NET SDK is missing (no 'dotnet' in PATH)"
        return
    fi
    version="$(sdk_version)"
    if [[ -z "$version" ]] || ! at_least "${version%%-*}" "$NEEDED_SDK"; then
        version="${version:-$(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ')}"
        say "the .NET SDK is too old or of another major version: needs $NEEDED_SDK or a later 10.0, found ${version:-none}"
    fi
}
SDK_ADVICE="install the .NET 10 SDK (https://dotnet.microsoft.com/download/dotnet/10.0) and put 'dotnet' on PATH"

node_problem() {
    local version
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        say "Node.js is missing (needs 'node' and 'npm' in PATH)"
        return
    fi
    version="$(node --version 2>/dev/null || true)"
    at_least "${version#v}" "$NEEDED_NODE" || say "Node.js is too old: needs $NEEDED_NODE or later, found ${version:-none}"
}
NODE_ADVICE="install Node.js $NEEDED_NODE or later (https://nodejs.org/en/download) and put 'node' and 'npm' on PATH"

require_sdk_and_node() {
    local problem
    problem="$(sdk_problem)"
    [[ -z "$problem" ]] || die "$problem" "$SDK_ADVICE"
    problem="$(node_problem)"
    [[ -z "$problem" ]] || die "$problem" "$NODE_ADVICE"
}

postgres_bin() {
    local directory
    directory="$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)"
    [[ -x "$directory/postgres" && -x "$directory/initdb" ]] && printf '%s\n' "$directory"
}

# present PACKAGE: whether what we use of the package is here, whoever installed it.
present() {
    case "$1" in
        postgresql) postgres_bin >/dev/null ;;
        rabbitmq-server) [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || command -v rabbitmq-server >/dev/null ;;
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        golang-go) command -v go ;;
        golang-github-*-dev) [[ -n "$(find /usr/share/gocode/src/github.com -maxdepth 2 -iname "$(cut -d- -f4 <<<"$1")" 2>/dev/null)" ]] ;;
        fonts-dejavu-core) [[ -r /usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf ]] ;;
        poppler-utils) command -v pdftotext ;;
        python3-scipy) [[ -x /usr/bin/python3 ]] && /usr/bin/python3 -c 'import scipy' ;;
        python3-dkim) [[ -x /usr/bin/python3 ]] && /usr/bin/python3 -c 'import dkim' ;;
        python3-nacl) [[ -x /usr/bin/python3 ]] && /usr/bin/python3 -c 'import nacl.signing' ;;
        postfix) [[ -x /usr/sbin/smtp-sink && -x /usr/sbin/smtp-source ]] ;; # only for these two: never started, never configured
        opendkim) [[ -x /usr/sbin/opendkim ]] ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

# Which of the three servers this run starts itself, and what a service needs beside .NET.
server_packages() {
    [[ -n "${CRM_POSTGRES:-}" ]] || say postgresql
    [[ -n "${CRM_RABBITMQ:-}" ]] || say rabbitmq-server
    [[ -n "${CRM_REDIS:-}" ]] || say redis-server
    say fonts-dejavu-core # of letters
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# require_packages PACKAGE...: installs those that are missing; a machine that has them all needs no root.
require_packages() {
    local package missing=()
    for package in "$@"; do present "$package" || missing+=("$package"); done
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
    for package in "$@"; do
        present "$package" || die "$package is still missing after its installation" \
            "install it by hand (apt-get install $package), then try again; ./crm doctor shows what is found"
    done
    if [[ " $* " == *" postgresql "* ]]; then require_postgres_version; fi
}

require_postgres_version() {
    local directory version
    directory="$(postgres_bin)"
    version="$(basename -- "$(dirname -- "$directory")")"
    at_least "$version" "$NEEDED_POSTGRES" || die "PostgreSQL $version is too old: needs $NEEDED_POSTGRES or later" \
        "use Debian 12 or Ubuntu 24.04, install postgresql-$NEEDED_POSTGRES, or name a server in CRM_POSTGRES"
}

install_packages() {
    command -v apt-get >/dev/null || die "missing: $*; this script installs with apt-get only" \
        "install them with your system's package manager, then try again"
    ((EUID == 0)) || command -v sudo >/dev/null || die "missing: $*; installing needs root" \
        "run: apt-get install $*   (as root), or install sudo, then try again"

    heading "Installing from the distribution: $*"
    say "  This can take a few minutes. Their services are neither started nor enabled: the platform runs servers of its own under ${CRM_HOME}."
    local log
    log="$(mktemp)"
    if ! as_root bash "$CLI/install-packages.sh" "$@" >"$log" 2>&1 </dev/null; then
        tail -n 25 -- "$log" >&2
        rm -f -- "$log"
        die "could not install $*" "look at the lines above; by hand: apt-get update && apt-get install $*"
    fi
    rm -f -- "$log"
}
