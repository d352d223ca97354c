# shellcheck shell=bash disable=SC2034
# Settings of a local run; each can be set from outside.

# Debian keeps servers out of a normal user's PATH.
PATH="$PATH:/usr/sbin:/sbin"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

CRM_HOME="$(readlink -m -- "${CRM_HOME:-$ROOT/.crm}")"
LOGS="$CRM_HOME/logs"
PID_FILE="$CRM_HOME/apphost.pid"
PORTS_FILE="$CRM_HOME/ports"            # the ports of the run that is up
SEEDED_MARKER="$CRM_HOME/seeded"
SIGN_INS="$CRM_HOME/secrets/dev-users.json"

PORT_SETTINGS=(CRM_GATEWAY_PORT CRM_GRPC_INGRESS_PORT CRM_STATUS_PORT CRM_MAIL_PORT CRM_PROVIDER_PORT CRM_IDP_PORT)
: "${CRM_GATEWAY_PORT:=8080}"
: "${CRM_GRPC_INGRESS_PORT:=8081}"      # machine clients, gRPC
: "${CRM_STATUS_PORT:=8090}"
: "${CRM_MAIL_PORT:=8025}"
: "${CRM_PROVIDER_PORT:=8026}"         # simulator of SMS, WhatsApp, push and webhook providers
: "${CRM_IDP_PORT:=8085}"

APPHOST_DLL="$ROOT/artifacts/bin/Crm.AppHost/debug/Crm.AppHost.dll"
SEED_DLL="$ROOT/artifacts/bin/Crm.Seed/debug/Crm.Seed.dll"
PROBE_DLL="$ROOT/artifacts/bin/Crm.Probe/debug/Crm.Probe.dll"
BENCH_DLL="$ROOT/artifacts/bin/Crm.Bench/release/Crm.Bench.dll"

# For the programs that belong to this run (app host, seeder, measurements). Tests do not get CRM_HOME.
export_settings() {
    export CRM_HOME "${PORT_SETTINGS[@]}"
}
