# shellcheck shell=bash
# Building, only when something changed. MSBuild's own check of an unchanged solution takes tens of seconds on two
# cores; a fingerprint of the sources (names, sizes, times) takes a fraction of one.

fingerprint() {
    {
        sdk_version
        say "${OfficialPackages:-}"
        cd "$ROOT" || exit
        LC_ALL=C find . \
            \( -path ./gateway/console/src -o -path ./gateway/console/e2e -o -path ./gateway/console/openapi -o -name .git -o -name .crm -o -name artifacts -o -name node_modules -o -name bin -o -name obj -o -name TestResults \) -prune -o \
            -type f ! -name '*.md' ! -name '*.sh' ! -name '*.log' ! -path ./crm -printf '%p %s %T@\n' | LC_ALL=C sort
    } | sha256sum | cut -d' ' -f1
}

# build_once CONFIGURATION PROJECT: PROJECT is relative to the root.
build_once() {
    local configuration="$1" project="$2" now log stamp
    stamp="$ROOT/artifacts/bin/.${project##*/}-$configuration"     # gone with the output it vouches for
    now="$(fingerprint)"
    if [[ -f "$stamp" && "$(<"$stamp")" == "$now" ]]; then return 0; fi

    heading "Building $(basename -- "$project") ($configuration)"
    mkdir -p "$ROOT/artifacts/bin" "$LOGS"
    rm -f -- "$stamp"
    log="$LOGS/build.log"
    SECONDS=0
    # One build at a time. -nodeReuse:false: no build processes stay behind and hold memory.
    if ! (cd "$ROOT" && flock --close artifacts/bin/.lock dotnet build "$project" --configuration "$configuration" -m:2 -nodeReuse:false --nologo \
        --verbosity quiet -consoleLoggerParameters:"ErrorsOnly;NoSummary") >"$log" 2>&1; then
        grep -E 'error [A-Z]+[0-9]+' -- "$log" | sort -u | head -n 30 >&2 || true
        die "the build failed" "all of its output: $log"
    fi
    say "  done in ${SECONDS} s"
    printf '%s\n' "$now" >"$stamp"
}

build_solution() {
    build_console
    build_once Debug CrmPlatform.sln
}

CONSOLE="$ROOT/gateway/console"

install_console() {
    if [[ "$CONSOLE/node_modules/.package-lock.json" -nt "$CONSOLE/package-lock.json" ]]; then return 0; fi
    heading "Installing the console's packages (npm)"
    mkdir -p "$LOGS"
    if ! (cd "$CONSOLE" && npm ci --no-audit --no-fund --loglevel=error) >"$LOGS/npm.log" 2>&1; then
        log_tail "$LOGS/npm.log"
        die "npm ci failed in gateway/console" "check the network and npm's registry setting (npm config get registry), then try again"
    fi
}

# The console's files, which the gateway's build takes in: built when a source changed.
build_console() {
    local now log stamp="$CONSOLE/dist/.built"
    install_console
    now="$(cd "$CONSOLE" && LC_ALL=C find . \( -name node_modules -o -name dist -o -path ./src/api/generated -o -path ./e2e \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)"
    if [[ -f "$stamp" && "$(<"$stamp")" == "$now" ]]; then return 0; fi
    heading "Building the console"
    mkdir -p "$LOGS"
    log="$LOGS/console.log"
    SECONDS=0
    if ! (cd "$CONSOLE" && npm run build --silent) >"$log" 2>&1; then
        log_tail "$log" 30
        die "the console's build failed" "all of its output: $log"
    fi
    say "  done in ${SECONDS} s"
    printf '%s\n' "$now" >"$stamp"
}

# The mail inbox is an npm package.
install_mail_inbox() {
    local directory="$ROOT/apphost/mail-inbox"
    [[ -f "$directory/package-lock.json" ]] || die "apphost/mail-inbox/package-lock.json is missing" "restore it from the repository"
    # npm writes node_modules/.package-lock.json last: when it is newer than ours, the installation is whole.
    if [[ "$directory/node_modules/.package-lock.json" -nt "$directory/package-lock.json" ]]; then return 0; fi
    heading "Installing the mail inbox (npm)"
    mkdir -p "$LOGS"
    if ! (cd "$directory" && npm ci --no-audit --no-fund --loglevel=error) >"$LOGS/npm.log" 2>&1; then
        log_tail "$LOGS/npm.log"
        die "npm ci failed in apphost/mail-inbox" "check the network and npm's registry setting (npm config get registry), then try again"
    fi
}
