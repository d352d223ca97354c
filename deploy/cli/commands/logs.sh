# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm logs [SERVICE] [-f] [-n LINES]

Prints the end of a service's log (of all its replicas); without SERVICE: the logs there are.

  -f          go on printing what is added
  -n LINES    how many lines (200)
HELP
}

run() {
    local service='' lines=200 follow=()
    while (($# > 0)); do
        case "$1" in
            -f | --follow) follow=(-F) ;;
            -n)
                lines="${2:-}"
                [[ "$lines" =~ ^[0-9]+$ ]] || wrong_usage "-n needs a number"
                shift
                ;;
            -*) wrong_usage "logs does not know '$1'; see ./crm logs --help" ;;
            *)
                [[ -z "$service" ]] || wrong_usage "one service at a time"
                [[ "$1" =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]] || wrong_usage "'$1' is not a service's name"
                service="$1"
                ;;
        esac
        shift
    done

    [[ -d "$LOGS" ]] || die "there are no logs yet" "./crm up starts the platform"
    if [[ -z "$service" ]]; then
        available_logs
        return
    fi
    local files
    mapfile -t files < <(find "$LOGS" -maxdepth 1 -regextype posix-extended \
        -regex ".*/$service(-[0-9]+)?\.log" 2>/dev/null | sort -V)
    if ((${#files[@]} == 0)); then
        die "there is no log of '$service'" "logs: $(available_logs | paste -sd' ')"
    fi
    exec tail -n "$lines" "${follow[@]}" -- "${files[@]}"
}

available_logs() {
    find "$LOGS" -maxdepth 1 -name '*.log' -printf '%f\n' 2>/dev/null | sed 's/\.log$//' | sort
}
