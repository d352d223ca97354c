# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm bench [NAME [ARGUMENTS]]

Measures ours against a reference, side by side in one run (Release build). Without NAME: the list. Ends with one line
  NAME: ours X unit, reference Y unit, ratio Z
HELP
}

run() {
    if [[ "${1:-}" == console ]]; then
        require_sdk_and_node
        require_packages chromium
        build_console
    fi
    prepare_measurements
    if (($# == 0)); then set -- list; fi
    exec dotnet "$BENCH_DLL" "$@"
}
