# shellcheck shell=bash
# Loading data into the running platform.

load_data() {
    if [[ "${1:-}" == cdnow ]]; then
        (($# == 2)) || wrong_usage "usage: ./crm seed cdnow FILE"
        [[ -r "$2" && -f "$2" ]] || die "cannot read '$2'" "give the path of the CDNOW master file (CDNOW_master.txt)"
    fi
    [[ -f "$SEED_DLL" ]] || build_solution
    [[ -f "$SEED_DLL" ]] || die "the build did not make ${SEED_DLL#"$ROOT/"}" "is apphost/Crm.Seed in CrmPlatform.sln?"
    export_settings
    dotnet "$SEED_DLL" "$@" || return
    touch "$SEEDED_MARKER"
}
