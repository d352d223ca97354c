# shellcheck shell=bash
# What bench and soak share: the references they measure against, and a Release build.

prepare_measurements() {
    require_sdk_and_node
    local packages
    mapfile -t packages < <(server_packages)
    require_packages "${packages[@]}" nginx wrk python3 python3-scipy postfix golang-go
    build_once Release deploy/bench/Crm.Bench/Crm.Bench.csproj >&2
    [[ -f "$BENCH_DLL" ]] || die "the build did not make ${BENCH_DLL#"$ROOT/"}"
    export_settings
}
