# shellcheck shell=bash

usage() {
    cat <<'HELP'
usage: ./crm soak [NAME [ARGUMENTS]]

The long runs: load and faults over time (Release build), images, upgrades. Without NAME: the list.
HELP
}

run() {
    case "${1:-}" in
        images) shift; soak_images "$@" ;;
        upgrade) shift; soak_upgrade "$@" ;;
        '' | list) prepare_measurements; dotnet "$BENCH_DLL" soak list
            say "images     builds images with buildah and starts them as pods do [FOLDER, default .crm/images]"
            say "upgrade    replaces replicas of the release REF by this one's under load: upgrade REF" ;;
        *) prepare_measurements; exec dotnet "$BENCH_DLL" soak "$@" ;;
    esac
}

soak_images() {
    (($# <= 1)) || wrong_usage "images takes one folder"
    require_packages buildah debootstrap
    CRM_IMAGES="${1:-$CRM_HOME/images}" "$ROOT/crm" test ImageTests
}

# The old release is built from its own commit, in a folder of its own that is kept for the next time.
soak_upgrade() {
    (($# == 1)) || wrong_usage "upgrade needs the tag or commit of the old release"
    local commit folder
    commit="$(git -C "$ROOT" rev-parse --verify --quiet "$1^{commit}")" || die "there is no commit or tag '$1' in this repository"
    folder="$CRM_HOME/releases/$commit"
    if [[ ! -f "$folder/artifacts/bin/.built" ]]; then
        heading "Building the old release $1 (${commit:0:10})"
        rm -rf -- "$folder"
        git clone --quiet --shared --no-checkout -- "$ROOT" "$folder"
        git -C "$folder" checkout --quiet "$commit"
        dotnet build "$folder/services/Customer/Crm.Customer" --configuration Debug -m:2 -nodeReuse:false --nologo --verbosity quiet >"$folder/build.log" 2>&1 || { log_tail "$folder/build.log" 30; die "the old release was not built"; }
        touch "$folder/artifacts/bin/.built"
    fi
    CRM_OLD_RELEASE="$folder/artifacts/bin" "$ROOT/crm" test RollingRestartTests
}
