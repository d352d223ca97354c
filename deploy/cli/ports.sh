# shellcheck shell=bash
# Who listens on a TCP port, from /proc alone (ss and lsof may be absent).

# port_holder PORT: prints "PID (COMMAND)" of the listener; fails when the port is free.
port_holder() {
    local hex inode pid
    printf -v hex '%04X' "$1"
    # proc(5), /proc/net/tcp: field 2 local address:port in hex, field 4 state (0A = listen), field 10 inode.
    inode="$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port && !found { print $10; found = 1 }')"
    [[ -n "$inode" ]] || return 1
    pid="$(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null | cut -d/ -f3)" || true
    if [[ -z "$pid" ]]; then
        say "a process of another user (see it with: sudo ss -ltnp 'sport = :$1')"
        return 0
    fi
    say "process $pid ($(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | cut -c 1-100 | sed 's/ *$//'))"
}

other_port() { say $(($1 < 50000 ? $1 + 10000 : $1 - 10000)); }

validate_port_settings() {
    local setting port seen=' '
    for setting in "${PORT_SETTINGS[@]}"; do
        port="${!setting}"
        if ! [[ "$port" =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
            die "$setting is '$port': not a port" "give a number from 1 to 65535, or leave it unset"
        fi
        [[ "$seen" != *" $port "* ]] || die "$setting is $port, which another CRM_..._PORT setting uses too" "give each its own"
        seen+="$port "
    done
}

# require_free_ports SECONDS: a port may take that long to become free (an earlier run that is just ending).
require_free_ports() {
    local patience="$1" setting port holder occupied=()
    for setting in "${PORT_SETTINGS[@]}"; do
        port="${!setting}"
        while holder="$(port_holder "$port")"; do
            if ((patience <= 0)); then
                occupied+=("port $port is held by $holder" "    end that process, or choose another port: $setting=$(other_port "$port") ./crm up")
                break
            fi
            sleep 1
            patience=$((patience - 1))
        done
    done
    ((${#occupied[@]} == 0)) || die "cannot start: a port is occupied" "${occupied[@]}"
}
