#!/usr/bin/env bash
# The reference of `bench ingest`: raw COPY of the same rows by psql, in one transaction, as fast as PostgreSQL takes them.
#   copy.sh TABLE FILE     FILE is CSV with a header; the server is named by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE
# Prints one line: ROWS SECONDS.
set -euo pipefail
export LC_ALL=C

(($# == 2)) || { echo "usage: copy.sh TABLE FILE" >&2; exit 2; }
[[ "$1" =~ ^[a-z_][a-z0-9_.]*$ ]] || { echo "copy.sh: '$1' is not a table's name" >&2; exit 2; }
[[ -r "$2" ]] || { echo "copy.sh: cannot read '$2'" >&2; exit 2; }
columns="$(head -n 1 -- "$2" | tr -d '\r')"

started="$EPOCHREALTIME"
result="$(psql --no-psqlrc --set ON_ERROR_STOP=1 --command "COPY $1 ($columns) FROM STDIN (FORMAT csv, HEADER)" <"$2")"
ended="$EPOCHREALTIME"
awk -v result="$result" -v from="$started" -v to="$ended" 'BEGIN { split(result, words, " "); printf "%d %.3f\n", words[2], to - from }'
