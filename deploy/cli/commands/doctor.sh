# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm doctor

Checks the machine and the run, a line each: ok, or the problem and how to mend it. Exit code 1 when there is a problem.
HELP
}

PROBLEMS=0
ok() { printf '%sok%s       %s\n' "$GREEN" "$PLAIN" "$1"; }
problem() {
    printf '%sproblem%s  %s\n         -> %s\n' "$RED" "$PLAIN" "$1" "$2"
    PROBLEMS=$((PROBLEMS + 1))
}

run() {
    (($# == 0)) || wrong_usage "doctor takes no arguments"
    if apphost_pid >/dev/null; then use_ports_of_running; fi
    check_sdk
    check_node
    check_packages
    check_service_policy
    check_ports
    check_disk
    check_memory
    check_home
    check_platform
    ((PROBLEMS == 0)) || { say; say "$PROBLEMS problem(s)"; exit 1; }
}

check_sdk() {
    local found
    found="$(sdk_problem)"
    if [[ -n "$found" ]]; then
        problem "$found" "$SDK_ADVICE"
    elif ! dotnet --list-runtimes | grep -q '^Microsoft\.AspNetCore\.App 10\.'; then
        problem "the ASP.NET Core 10 runtime is missing" "install the whole .NET 10 SDK (Debian: dotnet-sdk-10.0), not the runtime alone"
    else
        ok ".NET SDK $(sdk_version)"
    fi
}

check_node() {
    local found
    found="$(node_problem)"
    if [[ -n "$found" ]]; then problem "$found" "$NODE_ADVICE"; else ok "Node.js $(node --version), npm $(npm --version)"; fi
}

check_packages() {
    local package missing=false
    for package in $(server_packages); do
        if ! present "$package"; then
            missing=true
            problem "$package is not installed" "./crm up installs it; by hand: apt-get install $package"
        elif [[ "$package" == postgresql ]] && ! (require_postgres_version) 2>/dev/null; then
            problem "PostgreSQL in $(postgres_bin) is too old" "needs $NEEDED_POSTGRES or later, or name a server in CRM_POSTGRES"
        else
            ok "$package"
        fi
    done
    for package in CRM_POSTGRES CRM_RABBITMQ CRM_REDIS; do
        [[ -z "${!package:-}" ]] || ok "$package names a server that exists already; none is started"
    done
    for package in chromium python3 python3-dkim python3-nacl opendkim poppler-utils; do
        if present "$package"; then ok "$package (tests)"; else ok "$package is not installed; ./crm test installs it"; fi
    done
    if [[ "$missing" == true ]] && ((EUID != 0)) && ! command -v sudo >/dev/null; then
        problem "not root, and sudo is missing: nothing can be installed" "install sudo, or install the packages as root"
    fi
}

check_service_policy() {
    if grep -qs 'written by crm' /usr/sbin/policy-rc.d; then
        problem "an interrupted installation left /usr/sbin/policy-rc.d behind: no service starts on installation" \
            "remove it, or put /usr/sbin/policy-rc.d.before-crm back in its place when that exists"
    fi
}

check_ports() {
    local setting holder
    if apphost_pid >/dev/null; then
        for setting in "${PORT_SETTINGS[@]}"; do
            if port_holder "${!setting}" >/dev/null; then
                ok "port ${!setting} ($setting) is served"
            else
                problem "nobody listens on port ${!setting} ($setting) though the platform runs" "./crm status, ./crm logs SERVICE"
            fi
        done
        return
    fi
    for setting in "${PORT_SETTINGS[@]}"; do
        if holder="$(port_holder "${!setting}")"; then
            problem "port ${!setting} is held by $holder" "end it, or choose another port: $setting=$(other_port "${!setting}") ./crm up"
        else
            ok "port ${!setting} ($setting) is free"
        fi
    done
}

check_disk() {
    local directory="$CRM_HOME" free
    until [[ -d "$directory" ]]; do directory="$(dirname -- "$directory")"; done
    free="$(df --output=avail --block-size=1M -- "$directory" | tail -n 1 | tr -d ' ')"
    if ((free < 4096)); then
        problem "only $free MB of disk are free in $directory" "free some: the build and the data need 4096 MB"
    else
        ok "disk: $free MB free"
    fi
}

check_memory() {
    local available
    available="$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)"
    if ! apphost_pid >/dev/null && ((available < 2048)); then
        problem "only $available MB of memory are available" "end other programs: the platform and its build need 2048 MB"
    else
        ok "memory: $available MB available"
    fi
}

check_home() {
    if [[ ! -e "$CRM_HOME" ]]; then
        ok "no run yet: $CRM_HOME is made by ./crm up"
        return
    fi
    if [[ -w "$CRM_HOME" ]]; then
        ok "state in $CRM_HOME ($(du -sm -- "$CRM_HOME" 2>/dev/null | cut -f1) MB)"
    else
        problem "$CRM_HOME cannot be written" "it belongs to $(stat -c %U -- "$CRM_HOME"): run as that user, or set CRM_HOME"
    fi
    if [[ -e "$PID_FILE" ]] && ! apphost_pid >/dev/null; then
        problem "$PID_FILE names a process that does not run (it was killed)" "./crm up or ./crm down clears it"
    fi
    if [[ -n "$(find "$CRM_HOME/secrets" -type f -perm /077 -print -quit 2>/dev/null)" ]]; then
        problem "files in $CRM_HOME/secrets are open to other users" "chmod -R go= $CRM_HOME/secrets"
    fi
}

check_platform() {
    local resources line
    if ! apphost_pid >/dev/null; then
        ok "the platform is not running"
    elif ! resources="$(status_page unhealthy 2>&1)"; then
        problem "the status page does not answer" "./crm logs apphost; ./crm down, then ./crm up"
    elif [[ -n "$resources" ]]; then
        while read -r line; do
            problem "${line%% *} is not healthy (${line#* })" "./crm logs ${line%% *}"
        done <<<"$resources"
    else
        ok "the platform runs, everything is healthy"
    fi
}
