# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm down

Stops the platform: the app host ends its services and servers in order. Data stays in CRM_HOME (default: .crm).
HELP
}

GRACE_SECONDS=45    # the app host itself gives its children 25

run() {
    (($# == 0)) || wrong_usage "down takes no arguments"
    local pid
    if ! pid="$(apphost_pid)"; then
        rm -f -- "$PID_FILE"
        say "The platform is not running."
        return
    fi

    local processes
    mapfile -t processes < <(say "$pid $(start_time "$pid")"; descendants "$pid")
    kill -TERM "$pid" 2>/dev/null || die "may not stop process $pid: another user started it" "run ./crm down as that user"
    say "Stopping ${#processes[@]} processes ..."

    SECONDS=0
    until all_ended "${processes[@]}"; do
        if ((SECONDS >= GRACE_SECONDS)); then
            kill_rest "${processes[@]}"
            break
        fi
        sleep 0.2
    done
    rm -f -- "$PID_FILE" "$PORTS_FILE"
    say "Stopped in ${SECONDS} s."
}

all_ended() {
    local process
    for process in "$@"; do
        # shellcheck disable=SC2086
        ! alive $process || return 1
    done
}

kill_rest() {
    local process left=()
    for process in "$@"; do
        # shellcheck disable=SC2086
        if alive $process; then left+=("${process% *}"); fi
    done
    warn "did not end within $GRACE_SECONDS s, killed: ${left[*]}"
    kill -KILL "${left[@]}" 2>/dev/null || true
}
