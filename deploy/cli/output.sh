# shellcheck shell=bash disable=SC2034
# Messages: progress on standard output, problems on standard error.

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
    BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
    BOLD='' GREEN='' RED='' DIM='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
heading() { printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
warn() { printf 'crm: %s\n' "$*" >&2; }

# die MESSAGE [LINE...]: the problem, then what to do about it, a line each.
die() {
    printf 'crm: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '     %s\n' "$@" >&2
    exit 1
}

wrong_usage() {
    printf 'crm: %s\n' "$1" >&2
    exit 2
}

not_running() {
    printf 'crm: the platform is not running; start it with ./crm up\n' >&2
    exit 3
}

# The end of a log, indented, for an error message.
log_tail() {
    local file="$1" lines="${2:-20}"
    [[ -s "$file" ]] || return 0
    printf '     --- %s\n' "$file" >&2
    tail -n "$lines" -- "$file" | sed 's/^/     /' >&2
}
