# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm seed                 a generated population: purchases, returns, referrals, cases, reward cards
       ./crm seed cdnow FILE      the CDNOW master file: 23,570 customers, 69,659 purchases

Loads data through the platform's own ingestion. The platform must be running. Loading twice changes nothing.
HELP
}

run() {
    require_running
    load_data "$@" || die "the data was not loaded" "what is said above; ./crm status shows how the platform is"
}
