#!/usr/bin/env bash
# Streams the write-ahead log into $BACKUP_DIR/wal until it is stopped. With synchronous_standby_names = 'crm_wal' on the server no commit is
# acknowledged that is not here: no loss at all, and no commits while this does not run.
set -euo pipefail
: "${BACKUP_DIR:?set BACKUP_DIR: a directory on other hardware than the server}"

mkdir -p "$BACKUP_DIR/wal"
pg_receivewal --no-password --slot=crm_wal --create-slot --if-not-exists
PGAPPNAME=crm_wal exec pg_receivewal --no-password --directory="$BACKUP_DIR/wal" --slot=crm_wal --synchronous
