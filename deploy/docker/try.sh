#!/usr/bin/env bash
# Builds the images and starts one as a pod does, on a Debian machine without a container engine and without a registry:
#   deploy/docker/try.sh FOLDER [PROJECT...]
# The base images are made of Debian (debootstrap), and of this machine's .NET and Node; the images are built by buildah. FOLDER keeps both
# for the next time. Of each project it prints the folder with the image's root: "PROJECT ROOT". Needs root, buildah and debootstrap.
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
folder="$(mkdir -p "$1" && cd "$1" && pwd)"
shift
projects=("$@")
((${#projects[@]})) || projects=(gateway/Crm.Gateway services/Customer/Crm.Customer)
for command in buildah debootstrap dotnet node; do
    command -v "$command" >/dev/null || { echo "$command is missing: apt-get install buildah debootstrap; .NET 10 SDK; Node 20" >&2; exit 2; }
done
((EUID == 0)) || { echo "run it as root: debootstrap and the images' folders need it" >&2; exit 2; }

export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
images() { buildah --root "$folder/images" --runroot "$folder/run" "$@"; }

# base NAME PATHS...: an image of the folder "system" with these of the machine added, and the certificates that it trusts.
base() {
    local name="$1" container variable
    images inspect --type image "$name" >/dev/null 2>&1 && return
    container="$(images from scratch)"
    images copy --quiet "$container" "$folder/system/" / >&2
    shift
    for path in "$@"; do images copy --quiet "$container" "$path" "$path" >&2; done
    images run "$container" -- ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm
    for variable in SSL_CERT_FILE NODE_EXTRA_CA_CERTS; do
        [[ -f "${!variable:-}" ]] || continue
        images copy --quiet "$container" "${!variable}" "${!variable}" >&2
        images config --env "$variable=${!variable}" "$container"
    done
    images config --env PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/share/dotnet --env DOTNET_ROOT=/usr/share/dotnet "$container"
    images commit --quiet --rm "$container" "$name" >&2
}

if [[ ! -e "$folder/system/.whole" ]]; then
    rm -rf -- "$folder/system"
    debootstrap --variant=minbase --include=ca-certificates,tzdata,libicu72,libssl3,zlib1g,fonts-dejavu-core bookworm "$folder/system" >&2
    touch "$folder/system/.whole"
fi
dotnet="$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")"
base localhost/runtime "$dotnet/dotnet" "$dotnet/host" "$dotnet/shared"
base localhost/sdk "$dotnet"
base localhost/node "$(readlink -f -- "$(command -v node)")" /usr/lib/node_modules/npm

# The package feeds that this machine is told to use hold for the build too.
feeds=()
for file in .npmrc .nuget/NuGet/NuGet.Config; do [[ -f "$HOME/$file" ]] && feeds+=(--volume "$HOME/$file:/root/$file:ro"); done

images rm --all >/dev/null 2>&1 || true # the mounts of the run before
for project in "${projects[@]}"; do
    tag="localhost/$(basename -- "$project" | tr '[:upper:]' '[:lower:]'):try"
    images build --layers=false --pull-never --file "$root/deploy/docker/Dockerfile" "${feeds[@]}" --volume "$HOME/.nuget/packages:/root/.nuget/packages" \
        --build-arg SDK_IMAGE=localhost/sdk --build-arg RUNTIME_IMAGE=localhost/runtime --build-arg NODE_IMAGE=localhost/node \
        --build-arg OFFICIAL_PACKAGES="${OfficialPackages:-false}" --build-arg PROJECT="$project" --build-arg REVISION="$(git -C "$root" rev-parse HEAD)" --tag "$tag" "$root" >&2
    container="$(images from --pull-never "$tag")"
    echo "$project $(images mount "$container")"
done
