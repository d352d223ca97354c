#!/usr/bin/env bash
# Run as root: installs the Debian packages named, without starting or enabling any service of theirs.
set -euo pipefail

exec 9>/run/lock/crm-install
flock 9

# invoke-rc.d asks this file before it starts a daemon; 101 = "not allowed" (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
saved="$policy.before-crm"
restore() {
    if [[ -e "$saved" ]]; then
        mv -f -- "$saved" "$policy"
    elif grep -qs 'written by crm' "$policy"; then
        rm -f -- "$policy"
    fi
}
restore                                 # after an installation that was killed
trap restore EXIT
[[ ! -e "$policy" ]] || mv -- "$policy" "$saved"
install -m 755 /dev/stdin "$policy" <<'POLICY'
#!/bin/sh
# written by crm for the time of one installation: starts no daemon
exit 101
POLICY

units=/lib/systemd/system
before="$(ls "$units" 2>/dev/null || true)"

# Ubuntu's name for the browser.
. /etc/os-release
packages=()
for package in "$@"; do
    if [[ "${ID:-}" == ubuntu && "$package" == chromium ]]; then package=chromium-browser; fi
    packages+=("$package")
done

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
"${apt[@]}" update || echo "apt-get update failed; going on with the package lists that are here" >&2
"${apt[@]}" install --no-install-recommends --no-upgrade "${packages[@]}"

# Only units that came with this installation: a server that was here before keeps its settings.
if command -v systemctl >/dev/null; then
    for unit in postgresql.service rabbitmq-server.service epmd.service epmd.socket redis-server.service nginx.service opendkim.service postfix.service; do
        [[ -e "$units/$unit" ]] || continue
        grep -qxF "$unit" <<<"$before" || systemctl disable "$unit" || true
    done
fi
