# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm up [--no-seed]

Starts the whole platform on this machine and waits until every part of it is healthy: installs the Debian packages
that are missing (PostgreSQL, RabbitMQ, Redis), builds when sources changed, starts the app host in the background,
loads sample data on the first start, and prints the addresses and sign-ins. Needs the .NET 10 SDK and Node 20.

  --no-seed     do not load sample data

Settings from the environment:
  CRM_GATEWAY_PORT 8080, CRM_GRPC_INGRESS_PORT 8081, CRM_STATUS_PORT 8090, CRM_MAIL_PORT 8025,
  CRM_PROVIDER_PORT 8026, CRM_IDP_PORT 8085
  CRM_HOME          data, logs and secrets of the run (default: .crm in the repository)
  CRM_POSTGRES, CRM_RABBITMQ, CRM_REDIS
                    connection strings of servers to use instead of own ones
  CRM_UP_TIMEOUT    seconds to wait for health (300)
HELP
}

run() {
    local seed=true
    while (($# > 0)); do
        case "$1" in
            --no-seed) seed=false ;;
            *) wrong_usage "up does not know '$1'; see ./crm up --help" ;;
        esac
        shift
    done

    validate_port_settings
    mkdir -p "$LOGS"
    # One start at a time; --close keeps the lock out of the processes started.
    if [[ "${CRM_UP_LOCKED:-}" != "$CRM_HOME" ]]; then
        local code=0 arguments=()
        [[ "$seed" == true ]] || arguments=(--no-seed)
        CRM_UP_LOCKED="$CRM_HOME" flock --close --nonblock --conflict-exit-code 75 "$CRM_HOME/up.lock" \
            "$ROOT/crm" up "${arguments[@]}" || code=$?
        ((code != 75)) || die "another ./crm up is at work" "wait for it to end"
        exit "$code"
    fi
    unset CRM_UP_LOCKED

    local pid
    if pid="$(apphost_pid)"; then
        use_ports_of_running
        say "The platform is already running (app host: process $pid)."
    else
        require_sdk_and_node
        local packages
        mapfile -t packages < <(server_packages)
        require_packages "${packages[@]}"
        start
    fi
    [[ "$seed" == false || -e "$SEEDED_MARKER" ]] || seed_once
    print_addresses
}

start() {
    # What an app host that was killed left behind ends by itself within seconds.
    local patience=0
    [[ ! -e "$PID_FILE" ]] || patience=15
    rm -f -- "$PID_FILE"
    require_free_ports "$patience"

    install_mail_inbox
    build_solution
    [[ -f "$APPHOST_DLL" ]] || die "the build did not make ${APPHOST_DLL#"$ROOT/"}" "is apphost/Crm.AppHost in CrmPlatform.sln?"

    heading "Starting"
    start_apphost
    wait_until_healthy
}

wait_until_healthy() {
    local pid code=0
    pid="$(apphost_pid)" || code=4
    ((code != 0)) || status_page wait "${CRM_UP_TIMEOUT:-300}" "$pid" || code=$?
    case "$code" in
        0) ;;
        4)
            rm -f -- "$PID_FILE"
            warn "the platform did not start: the app host ended"
            log_tail "$LOGS/apphost.log" 25
            die "nothing is running now" "./crm doctor checks the machine; each part's log is in $LOGS"
            ;;
        *) die "the platform runs, but not all of it is healthy" "./crm status shows it, ./crm down stops it" ;;
    esac
}

seed_once() {
    heading "Loading sample data (first start)"
    load_data || die "loading the sample data failed" "the platform runs; try again with ./crm seed (loading twice changes nothing)"
}

print_addresses() {
    say
    heading "CrmPlatform is up."
    say "  gateway          http://localhost:$CRM_GATEWAY_PORT"
    say "  API reference    http://localhost:$CRM_GATEWAY_PORT/docs"
    say "  mail inbox       http://localhost:$CRM_MAIL_PORT"
    say "  SMS and others   http://localhost:$CRM_PROVIDER_PORT"
    say "  status page      http://localhost:$CRM_STATUS_PORT"
    if [[ -r "$SIGN_INS" ]]; then
        heading "Sign-ins (user name, password, name, roles)"
        node "$CLI/sign-ins.mjs" "$SIGN_INS"
    fi
    say
    say "${DIM}./crm status, ./crm logs SERVICE, ./crm down${PLAIN}"
}
