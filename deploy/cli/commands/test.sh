# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm test [FILTER]

Builds the solution and runs its tests against real servers, started once for the run on free ports with their data
in a temporary directory (CRM_POSTGRES, CRM_RABBITMQ, CRM_RABBITMQ_MANAGEMENT and CRM_REDIS name servers to use instead). Installs what the
tests need: PostgreSQL, RabbitMQ, Redis, Chromium, Python, OpenDKIM. Details of a failure and the .trx files: artifacts/tests.

  FILTER    only tests whose full name contains it, in the projects that have such tests; with '=' or '~' in it:
            an expression for dotnet test --filter

At most three failed tests of a project are run once more, alone: on a small machine that is busy, a wait may end too early. What passes
then is counted as passed, and told with its first failure and by name at the end; it is to be mended. CRM_TEST_STRICT=1: no second try.

The last line is "N passed, N failed, N skipped". Exit code 1 when a test failed, or when none ran.
HELP
}

RESULTS="$ROOT/artifacts/tests"
PASSED=0 FAILED=0 SKIPPED=0
SECOND_TRY=()
SERVERS_PID='' SERVERS_HOME=''

run() {
    (($# <= 1)) || wrong_usage "one FILTER at a time; see ./crm test --help"
    local filter="${1:-}" projects project packages
    # Whatever ends the run, the last line is the count.
    trap finish EXIT
    trap 'exit 130' INT TERM

    require_sdk_and_node
    mapfile -t packages < <(server_packages)
    require_packages "${packages[@]}" chromium python3 python3-dkim python3-nacl opendkim poppler-utils \
        golang-go golang-github-masterminds-sprig-dev golang-github-ghodss-yaml-dev
    build_solution

    mapfile -t projects < <(projects_for "$filter")
    ((${#projects[@]} > 0)) || die "no test project has a test for '$filter'"
    rm -rf -- "$RESULTS"
    mkdir -p "$RESULTS"
    start_servers
    for project in "${projects[@]}"; do run_project "$project" "$filter"; done
    run_console "$filter"
}

# The console's own tests (Vitest); its journeys in the browser are ConsoleTests of Crm.EndToEnd.Tests.
run_console() {
    local filter="$1" code=0 log="$RESULTS/console.log" report="$RESULTS/console.json" passed failed skipped
    [[ -z "$filter" || "${filter,,}" == console ]] || return 0
    SECONDS=0
    (cd "$CONSOLE" && npm run api --silent && npx vitest run --reporter=default --reporter=json --outputFile.json="$report") >"$log" 2>&1 </dev/null || code=$?
    read -r passed failed skipped < <(node -e '
        const report = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        console.log(report.numPassedTests, report.numFailedTests, report.numPendingTests + report.numTodoTests);' "$report" 2>/dev/null || say "0 0 0")
    tally console "$code" "$log" "$passed" "$failed" "$skipped"
}

finish() {
    local code=$?
    trap - EXIT
    stop_servers
    ((code != 0 || (FAILED == 0 && PASSED > 0))) || code=1
    ((${#SECOND_TRY[@]} == 0)) || { say "Passed at the second try only:"; printf '  %s\n' "${SECOND_TRY[@]}"; }
    say "$PASSED passed, $FAILED failed, $SKIPPED skipped"
    exit "$code"
}

# Projects named by the filter, else those whose sources mention its last part.
projects_for() {
    local filter="$1" all named=() mentioning=() path name
    mapfile -t all < <(find "$ROOT/tests" -mindepth 2 -maxdepth 2 -name '*.Tests.csproj' | sort)
    if [[ -z "$filter" || "$filter" == *[=~]* ]]; then
        ((${#all[@]} == 0)) || printf '%s\n' "${all[@]}"
        return
    fi
    for path in "${all[@]}"; do
        name="$(basename -- "$path" .csproj)"
        if [[ "${name,,}" == *"${filter,,}"* || "${filter,,}." == "${name,,}".* ]]; then
            named+=("$path")
        elif grep -rqiF --include='*.cs' -- "${filter##*.}" "$(dirname -- "$path")"; then
            mentioning+=("$path")
        fi
    done
    ((${#named[@]} == 0)) || { printf '%s\n' "${named[@]}"; return; }
    ((${#mentioning[@]} == 0)) || printf '%s\n' "${mentioning[@]}"
}

# PostgreSQL, RabbitMQ and Redis for all test projects: RabbitMQ's start alone takes longer than most of them.
start_servers() {
    [[ -z "${CRM_POSTGRES:-}" || -z "${CRM_RABBITMQ:-}" || -z "${CRM_RABBITMQ_MANAGEMENT:-}" || -z "${CRM_REDIS:-}" ]] || return 0
    heading "Starting PostgreSQL, RabbitMQ and Redis for the tests"
    SERVERS_HOME="$(mktemp -d)"
    chmod 755 "$SERVERS_HOME"           # the servers run as users of their own when we are root
    # They end with this script even when it is killed.
    CRM_HOME="$SERVERS_HOME" CRM_STATUS_PORT=0 setsid setpriv --pdeathsig TERM dotnet "$APPHOST_DLL" --servers-only \
        >"$RESULTS/servers.json" 2>"$RESULTS/servers.log" </dev/null &
    SERVERS_PID=$!

    local line='' name
    SECONDS=0
    until line="$(grep -m 1 '^{' "$RESULTS/servers.json")"; do
        if ! kill -0 "$SERVERS_PID" 2>/dev/null || ((SECONDS > 180)); then
            log_tail "$RESULTS/servers.log" 30
            log_tail "$RESULTS/servers.json" 10
            die "the servers for the tests did not start" "./crm doctor checks the machine"
        fi
        sleep 0.2
    done
    for name in postgres rabbitmq rabbitmqManagement redis; do
        export "$(node -e 'const [json, name] = process.argv.slice(1); console.log(`CRM_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}=${JSON.parse(json)[name]}`)' "$line" "$name")"
    done
    say "  ready in ${SECONDS} s"
}

stop_servers() {
    if [[ -n "$SERVERS_PID" ]]; then
        local tries=0
        kill -TERM "$SERVERS_PID" 2>/dev/null || true
        while kill -0 "$SERVERS_PID" 2>/dev/null; do
            if ((++tries > 300)); then
                kill -KILL "$SERVERS_PID" 2>/dev/null || true
                break
            fi
            sleep 0.1
        done
    fi
    [[ -z "$SERVERS_HOME" ]] || rm -rf -- "$SERVERS_HOME"
}

run_project() {
    local project="$1" filter="$2" name log code=0 arguments=()
    name="$(basename -- "$project" .csproj)"
    log="$RESULTS/$name.log"
    case "$filter" in
        '') ;;
        *[=~]*) arguments=(--filter "$filter") ;;
        *) arguments=(--filter "FullyQualifiedName~$filter") ;;
    esac
    [[ ! -t 1 ]] || printf '  ...     %s' "$name"
    SECONDS=0
    # A test that hangs is ended and named.
    env -u CRM_HOME dotnet test "$project" --no-build --nologo "${arguments[@]}" \
        --logger "trx;LogFileName=$name.trx" --results-directory "$RESULTS" \
        --blame-hang-timeout 10m --blame-hang-dump-type none >"$log" 2>&1 </dev/null || code=$?
    [[ ! -t 1 ]] || printf '\r\e[K'
    count "$name" "$code" "$log"
}

# count NAME EXITCODE LOG: adds the totals of the project's .trx; a run that broke off counts as one failure.
count() {
    local name="$1" code="$2" log="$3" counters passed=0 failed=0 skipped=0
    counters="$(grep -o '<Counters [^>]*' -- "$RESULTS/$name.trx" 2>/dev/null || true)"
    if [[ "$counters" =~ \ total=\"([0-9]+)\"\ executed=\"([0-9]+)\"\ passed=\"([0-9]+)\" ]]; then
        # xunit's skipped tests are "not executed" in a .trx, though its notExecuted counter stays 0.
        passed="${BASH_REMATCH[3]}"
        failed=$((BASH_REMATCH[2] - BASH_REMATCH[3]))
        skipped=$((BASH_REMATCH[1] - BASH_REMATCH[2]))
    fi
    if ((code != 0 && failed > 0)) && again "$name" "$log" "$failed"; then
        passed=$((passed + failed)) failed=0 code=0
    fi
    tally "$name" "$code" "$log" "$passed" "$failed" "$skipped"
}

# again NAME LOG FAILED: runs the few tests of the project's .trx that failed once more; whether all of them pass. Tells what failed before.
again() {
    local name="$1" log="$2" failed="$3" tests=() expression
    [[ -z "${CRM_TEST_STRICT:-}" ]] && ((failed <= 3)) || return 1
    mapfile -t tests < <(grep -o '<UnitTestResult [^>]*outcome="Failed"[^>]*' -- "$RESULTS/$name.trx" | sed -n 's/.* testName="\([^"(]*\).*/\1/p' | sort -u)
    ((${#tests[@]} > 0)) || return 1
    expression="$(printf '|FullyQualifiedName=%s' "${tests[@]}")"
    env -u CRM_HOME dotnet test "$ROOT/tests/$name/$name.csproj" --no-build --nologo --filter "${expression:1}" \
        --logger "trx;LogFileName=$name.again.trx" --results-directory "$RESULTS" \
        --blame-hang-timeout 10m --blame-hang-dump-type none >"$RESULTS/$name.again.log" 2>&1 </dev/null || return 1
    grep -q 'outcome="Passed"' -- "$RESULTS/$name.again.trx" || return 1
    SECOND_TRY+=("${tests[@]}")
    sed 's/^/        /' -- "$log"
}

# tally NAME EXITCODE LOG PASSED FAILED SKIPPED: into the totals, and a line of its own.
tally() {
    local name="$1" code="$2" log="$3" passed="$4" failed="$5" skipped="$6" note=''
    if ((code != 0 && failed == 0)); then
        failed=1
        note=' (the run broke off)'
    fi
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))

    local mark="${GREEN}ok    ${PLAIN}"
    ((failed == 0)) || mark="${RED}FAILED${PLAIN}"
    printf '  %s  %-32s %5d passed, %d failed, %d skipped  %4d s%s\n' "$mark" "$name" "$passed" "$failed" "$skipped" "$SECONDS" "$note"
    ((failed == 0)) || sed 's/^/        /' -- "$log"
}
