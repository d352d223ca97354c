# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm status

A table of every resource: state, health, restarts, addresses. Exit code 3 when the platform is not running.
HELP
}

run() {
    (($# == 0)) || wrong_usage "status takes no arguments"
    require_running
    status_page table || die "the app host runs, but its status page does not answer" "look at: ./crm logs apphost"
}
