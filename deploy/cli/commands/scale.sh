# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm scale SERVICE N

Runs N replicas of a service while everything goes on, e.g. ./crm scale campaign-sender 3. The number holds until the
platform is stopped.
HELP
}

run() {
    (($# == 2)) || wrong_usage "usage: ./crm scale SERVICE N"
    [[ "$1" =~ ^[a-z0-9][a-z0-9-]*$ ]] || wrong_usage "'$1' is not a service's name"
    [[ "$2" =~ ^[0-9]{1,2}$ ]] || wrong_usage "'$2' is not a number of replicas (0 to 99)"
    require_running
    status_page scale "$1" "$2" || exit 1
    say "$1: $2 replicas asked for; ./crm status shows them."
}
