# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm soak [NAME [ARGUMENTS]]

The long runs: load and faults over time (Release build). Without NAME: the list.
HELP
}

run() {
    prepare_measurements
    if (($# == 0)); then set -- list; fi
    exec dotnet "$BENCH_DLL" soak "$@"
}
