#!/usr/bin/env bash
# The reference of `bench gateway`: nginx as a plain reverse proxy in front of the same endpoint.
#   nginx.sh LISTEN_PORT TARGET_PORT     runs in the foreground until SIGTERM; everything it writes is temporary
set -euo pipefail

(($# == 2)) || { echo "usage: nginx.sh LISTEN_PORT TARGET_PORT" >&2; exit 2; }
PATH="$PATH:/usr/sbin"
prefix="$(mktemp -d)"
trap 'rm -rf -- "$prefix"' EXIT
chmod 755 "$prefix"

# As many workers as cores, keep-alive on both sides, no access log: what a careful operator would set.
cat >"$prefix/nginx.conf" <<CONFIGURATION
daemon off;
worker_processes auto;
pid $prefix/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $prefix/body;
    proxy_temp_path $prefix/proxy;
    fastcgi_temp_path $prefix/fastcgi;
    uwsgi_temp_path $prefix/uwsgi;
    scgi_temp_path $prefix/scgi;
    keepalive_requests 1000000;
    upstream target {
        server 127.0.0.1:$2;
        keepalive 256;
        keepalive_requests 1000000;
    }
    server {
        listen 127.0.0.1:$1 backlog=1024;
        location / {
            proxy_pass http://target;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$host;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto \$scheme;
        }
    }
}
CONFIGURATION

nginx -e stderr -p "$prefix" -c "$prefix/nginx.conf" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true' TERM INT
wait "$server" || true
wait "$server" 2>/dev/null || true      # the first wait ends early when the signal arrives
