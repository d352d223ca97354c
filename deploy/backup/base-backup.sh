#!/usr/bin/env bash
# A base backup into $BACKUP_DIR/base/TIME, verified; then forgets what is older than $KEEP_DAYS, and the log that no backup needs.
set -euo pipefail
: "${BACKUP_DIR:?set BACKUP_DIR: a directory on other hardware than the server}"
: "${KEEP_DAYS:=35}"

name="$(date -u +%Y%m%dT%H%M%SZ)"
mkdir -p "$BACKUP_DIR/base"
# --wal-method=none: the log is in $BACKUP_DIR/wal; without receive-wal.sh this backup cannot be restored.
[[ -d "$BACKUP_DIR/wal" ]] || { echo "there is no $BACKUP_DIR/wal: start receive-wal.sh first" >&2; exit 1; }
pg_basebackup --no-password --pgdata="$BACKUP_DIR/base/$name.unfinished" --format=plain --wal-method=none --checkpoint=fast --manifest-checksums=SHA256
pg_verifybackup --no-parse-wal --quiet "$BACKUP_DIR/base/$name.unfinished"
mv "$BACKUP_DIR/base/$name.unfinished" "$BACKUP_DIR/base/$name"
echo "$BACKUP_DIR/base/$name"

# The newest stays whatever its age.
mapfile -t backups < <(find "$BACKUP_DIR/base" -mindepth 1 -maxdepth 1 -type d ! -name '*.unfinished' | sort)
limit="$(date -u -d "$KEEP_DAYS days ago" +%Y%m%dT%H%M%SZ)"
for ((i = 0; i < ${#backups[@]} - 1; i++)); do
    [[ "$(basename -- "${backups[$i]}")" < "$limit" ]] || break
    rm -r -- "${backups[$i]}"
done

oldest="$(find "$BACKUP_DIR/base" -mindepth 1 -maxdepth 1 -type d ! -name '*.unfinished' | sort | head -n 1)"
first="$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]\{24\}\))$/\1/p' "$oldest/backup_label")"
pg_archivecleanup "$BACKUP_DIR/wal" "$first"
