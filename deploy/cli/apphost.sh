# shellcheck shell=bash
# The app host: the one process that starts and watches all others.

# is_apphost PID: pids are used again, so the command line counts too.
is_apphost() {
    [[ -r "/proc/$1/cmdline" ]] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -q 'Crm\.AppHost'
}

# Prints the pid of the app host of this CRM_HOME; fails when it does not run.
apphost_pid() {
    local pid
    [[ -s "$PID_FILE" ]] || return 1
    pid="$(<"$PID_FILE")"
    [[ "$pid" =~ ^[0-9]+$ ]] && is_apphost "$pid" && printf '%s\n' "$pid"
}

start_apphost() {
    mkdir -p "$LOGS"
    save_ports
    export_settings
    # A session of its own: Ctrl+C in this terminal and its closing do not reach it.
    # shellcheck disable=SC2016
    setsid bash -c 'echo $$ >"$1"; shift; exec "$@"' crm "$PID_FILE" dotnet "$APPHOST_DLL" \
        >"$LOGS/apphost.log" 2>&1 </dev/null &
    local tries=0
    until apphost_pid >/dev/null; do
        ((++tries < 50)) || break
        sleep 0.1
    done
}

save_ports() {
    local setting
    for setting in "${PORT_SETTINGS[@]}"; do printf '%s=%s\n' "$setting" "${!setting}"; done >"$PORTS_FILE"
}

# A run that is up keeps the ports it was started with, whatever the environment says now.
use_ports_of_running() {
    local setting port
    [[ -f "$PORTS_FILE" ]] || return 0
    while IFS='=' read -r setting port; do
        if [[ " ${PORT_SETTINGS[*]} " == *" $setting "* && "$port" =~ ^[0-9]+$ ]]; then printf -v "$setting" '%s' "$port"; fi
    done <"$PORTS_FILE"
}

require_running() {
    apphost_pid >/dev/null || not_running
    use_ports_of_running
}

status_page() {
    node "$CLI/status-page.mjs" "http://localhost:$CRM_STATUS_PORT" "$@"
}

# descendants PID: "PID STARTTIME" of every process below it; the start time tells a reused pid.
descendants() {
    local pid
    cat /proc/[0-9]*/status 2>/dev/null | awk -v root="$1" '
        $1 == "Pid:" { pid = $2 }
        $1 == "PPid:" { parent[pid] = $2 }
        END {
            for (p in parent) {
                for (q = p; q in parent && q != root; q = parent[q]) { }
                if (q == root && p != root) print p
            }
        }' | while read -r pid; do say "$pid $(start_time "$pid")"; done
}

start_time() { # proc(5), /proc/PID/stat: field 22, the 20th after the command in parentheses
    sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

alive() { # alive PID STARTTIME
    [[ -d "/proc/$1" && "$(start_time "$1")" == "$2" ]] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}
