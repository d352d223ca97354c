# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm probe [METRICS_FILE]

Takes a synthetic customer through all services and compares what it reads back: record, purchase, points, case, the customer's page.
Everything is given back afterwards. METRICS_FILE gets the outcome in Prometheus' text format. The platform must be running.
Exit code 0: all is right; 1: something is not.
HELP
}

run() {
    (($# <= 1)) || wrong_usage "probe takes at most the name of a file"
    require_running
    [[ -f "$PROBE_DLL" ]] || build_solution
    Probe__Gateway="http://localhost:$CRM_GATEWAY_PORT" Probe__TokenEndpoint="http://localhost:$CRM_IDP_PORT/token" \
        Probe__UsersFile="$SIGN_INS" Probe__Name=local Probe__MetricsFile="${1:-}" dotnet "$PROBE_DLL"
}
