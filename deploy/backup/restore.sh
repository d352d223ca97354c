#!/usr/bin/env bash
# usage: restore.sh DIRECTORY [TIME]
# Makes DIRECTORY (empty or absent) a data directory that replays the log to its end, or to TIME (2026-11-26 03:00:00+00), when it is started.
set -euo pipefail
: "${BACKUP_DIR:?set BACKUP_DIR: where base-backup.sh and receive-wal.sh write to}"
(($# >= 1 && $# <= 2)) || { sed -n '2,3p' "$0" >&2; exit 2; }
target="$1"
[[ ! -e "$target" || -z "$(ls -A -- "$target")" ]] || { echo "$target is not empty" >&2; exit 1; }

limit=99991231T235959Z
(($# == 2)) && limit="$(date -u -d "$2" +%Y%m%dT%H%M%SZ)"
base=''
for candidate in "$BACKUP_DIR"/base/*Z; do
    [[ -d "$candidate" && ! "$(basename -- "$candidate")" > "$limit" ]] && base="$candidate"
done
[[ -n "$base" ]] || { echo "there is no base backup of before ${2:-now} in $BACKUP_DIR/base" >&2; exit 1; }

mkdir -p "$target"
cp -a -- "$base/." "$target/"
chmod 700 "$target"
{
    # The segment that was being written when the server went is there as .partial.
    printf "restore_command = 'cp \"%s/wal/%%f\" \"%%p\" 2>/dev/null || cp \"%s/wal/%%f.partial\" \"%%p\"'\n" "$BACKUP_DIR" "$BACKUP_DIR"
    printf "recovery_target_action = 'promote'\n"
    (($# == 2)) && printf "recovery_target_time = '%s'\n" "$2"
    # The restored server streams nowhere until somebody says so.
    printf "synchronous_standby_names = ''\n"
} >>"$target/postgresql.auto.conf"
touch "$target/recovery.signal"
echo "$target from $(basename -- "$base"); start it: pg_ctl -D $target start"
