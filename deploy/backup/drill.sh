#!/usr/bin/env bash
# usage: drill.sh [SECONDS] [async|sync]
# The restore drill: a scratch server (with the data of PGHOST:PGPORT where those are set), a base backup, load for SECONDS (20) whose
# acknowledged commits are written down, kill -9, loss of the data directory, restore, comparison. Prints RPO and RTO; exit code 1 when the
# restored data are not what they must be. Runs as a user that may run PostgreSQL; as root it becomes "postgres".
set -euo pipefail
if ((EUID == 0)); then exec runuser -u postgres --preserve-environment -- "$BASH" "$0" "$@"; fi

seconds="${1:-20}"
mode="${2:-async}"
here="$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"
work="$(mktemp -d "${TMPDIR:-/tmp}/crm-drill-XXXXXX")"
chmod 700 "$work"
cd "$work"
PATH="$PATH:$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)"
port="${DRILL_PORT:-$((20000 + RANDOM % 20000))}"
pids=()
finish() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for directory in primary restored; do [[ ! -f "$work/$directory/postmaster.pid" ]] || pg_ctl -D "$work/$directory" -m immediate stop >/dev/null 2>&1 || true; done
    [[ -n "${DRILL_KEEP:-}" ]] || rm -rf -- "$work"
}
trap finish EXIT

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
sql() { psql --no-password --no-psqlrc -qAt -h "$work" -p "$port" -U postgres -d postgres -c "$1"; }
start_server() {
    local log tries
    log="$work/$(basename -- "$1").log"
    # Backends of a server that was killed hold its socket for a moment.
    for tries in 1 2 3 4 5; do
        if pg_ctl -D "$1" -w -t 600 -l "$log" -o "-p $port -k $work -c listen_addresses=''" start >/dev/null 2>&1; then return 0; fi
        sleep "$tries"
    done
    tail -n 20 -- "$log" >&2
    return 1
}

# The scratch server: a copy of a real one, or an empty one.
if [[ -n "${PGHOST:-}" ]]; then
    pg_basebackup --no-password --pgdata=primary --wal-method=stream --checkpoint=fast
    rm -f primary/standby.signal
else
    initdb --pgdata=primary --username=postgres --auth=trust >/dev/null
fi
printf 'local all all trust\nlocal replication all trust\n' >primary/pg_hba.conf
printf "fsync = on\nmax_wal_senders = 10\nwal_level = replica\nssl = off\nshared_preload_libraries = ''\n" >>primary/postgresql.auto.conf
unset PGHOST PGPORT PGUSER PGPASSWORD
start_server primary
size="$(sql 'SELECT pg_size_pretty(sum(pg_database_size(oid))) FROM pg_database')"
sql 'CREATE TABLE drill_ledger (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), filler text NOT NULL)'

export PGHOST="$work" PGPORT="$port" PGUSER=postgres BACKUP_DIR="$work/backup"
mkdir -p backup/wal
"$here/receive-wal.sh" >receive.log 2>&1 &
receiver=$!
pids+=("$receiver")
until [[ -n "$(sql "SELECT 1 FROM pg_stat_replication WHERE application_name = 'crm_wal' AND state = 'streaming'")" ]]; do sleep 0.1; done
began="$(now)"
"$here/base-backup.sh" >base.log
backup_seconds="$(since "$began")"
if [[ "$mode" == sync ]]; then sql "ALTER SYSTEM SET synchronous_standby_names = 'crm_wal'"; sql 'SELECT pg_reload_conf()' >/dev/null; sleep 1; fi

# Load: each acknowledged id is written down by its writer; what is written down and missing later is loss.
writer() {
    local id="$1"
    while :; do
        # Where SIGPIPE is ignored (a parent decides that) the end of psql shows as a failed write.
        printf "INSERT INTO drill_ledger (id, filler) VALUES (%s, repeat('x', 500));\n\\\\echo %s\n" "$id" "$id" 2>/dev/null || break
        id=$((id + 8))
    done | psql --no-password --no-psqlrc -qAt -d postgres >"acked.$1" 2>/dev/null || true
}
for worker in 1 2 3 4 5 6 7 8; do
    writer "$worker" &
    pids+=($!)
done
sleep "$seconds"

# The disaster: the server dies and its data directory is gone.
lost_at="$(date -u +%s.%N)"
postmaster="$(head -n 1 primary/postmaster.pid)"
kill -9 "$postmaster"
sleep 1
rm -rf primary
kill "$receiver" 2>/dev/null || true
wait 2>/dev/null || true
pids=()
cat acked.* | grep -E '^[0-9]+$' | sort -n >acked || true

began="$(now)"
"$here/restore.sh" "$work/restored" >restore.log
copied="$(since "$began")"
start_server "$work/restored"
until [[ "$(sql 'SELECT pg_is_in_recovery()' 2>/dev/null)" == f ]]; do sleep 0.1; done
recovered="$(since "$began")"

sql 'SELECT id FROM drill_ledger ORDER BY id' >restored_ids
missing="$(comm -23 <(sort acked) <(sort restored_ids) | grep -c . || true)"
last="$(sql 'SELECT extract(epoch FROM max(at)) FROM drill_ledger')"
doubled="$(sort restored_ids | uniq -d | grep -c . || true)"
printf 'data %s, mode %s: %s commits acknowledged in %s s\n' "$size" "$mode" "$(grep -c . acked)" "$seconds"
printf 'base backup %s s; RTO %s s (files %s s, then %s of log); RPO %s commits lost, %s s of time; doubled %s\n' \
    "$backup_seconds" "$recovered" "$copied" "$(du -sh backup/wal | cut -f1)" "$missing" "$(awk -v a="$last" -v b="$lost_at" 'BEGIN { d = b - a; printf "%.3f", d < 0 ? 0 : d }')" "$doubled"
((doubled == 0)) && { [[ "$mode" != sync ]] || ((missing == 0)); }
