#!/usr/bin/env bash
# usage: setup.sh [DIRECTORY]
# Makes what an installation needs to keep secret, once: passwords, a key pair per workload, keys of links. What is there stays as it is.
# DIRECTORY (./secrets) then holds one file of settings per workload, mode 600.
set -euo pipefail
umask 077
directory="${1:-$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/secrets}"
workloads=(customer sales service loyalty campaign campaign-sender analytics gateway)
declare -A callers=(
    [customer]='gateway sales service loyalty' [sales]='gateway customer' [service]='gateway customer' [loyalty]='gateway customer'
    [campaign]='gateway customer' [campaign-sender]='' [analytics]='gateway campaign customer' [gateway]=''
)
mkdir -p "$directory/keys"

secret() { # secret NAME: 32 random bytes in hexadecimal, made once
    [[ -s "$directory/keys/$1" ]] || openssl rand -hex 32 >"$directory/keys/$1"
    cat "$directory/keys/$1"
}

for workload in "${workloads[@]}"; do
    key="$directory/keys/$workload.pem"
    [[ -s "$key" ]] || openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$key"
done
public() { openssl pkey -in "$directory/keys/$1.pem" -pubout -outform DER | base64 -w0; }
[[ -s "$directory/keys/link" ]] || openssl rand -base64 32 >"$directory/keys/link"
[[ -s "$directory/keys/privacy" ]] || openssl rand -base64 32 >"$directory/keys/privacy"

for workload in "${workloads[@]}"; do
    database="${workload%-sender}"
    {
        printf 'InternalTokens__Issuer=%s\n' "$workload"
        printf 'InternalTokens__PrivateKey=%s\n' "$(openssl pkcs8 -topk8 -nocrypt -in "$directory/keys/$workload.pem" -outform DER | base64 -w0)"
        for caller in ${callers[$workload]}; do printf 'InternalTokens__TrustedIssuers__%s=%s\n' "$caller" "$(public "$caller")"; done
        printf 'ConnectionStrings__postgres=Host=postgres;Database=%s;Username=%s;Password=%s\n' "$database" "$database" "$(secret "postgres-$database")"
        printf 'ConnectionStrings__rabbitmq=amqp://crm:%s@rabbitmq/crm\n' "$(secret rabbitmq)"
        printf 'ConnectionStrings__redis=redis:6379,password=%s\n' "$(secret redis)"
        case "$workload" in
            campaign*) printf 'Campaign__LinkKey=%s\n' "$(<"$directory/keys/link")" ;;
            customer)
                printf 'Privacy__LinkKey=%s\n' "$(<"$directory/keys/privacy")"
                printf 'ConnectionStrings__subject-keys=Host=subject-keys;Database=subject_keys;Username=customer_keys;Password=%s\n' "$(secret subject-keys)"
                ;;
        esac
    } >"$directory/$workload.env"
done

printf 'POSTGRES_PASSWORD=%s\n' "$(secret postgres)" >"$directory/postgres.env"
printf 'POSTGRES_DB=subject_keys\nPOSTGRES_USER=customer_keys\nPOSTGRES_PASSWORD=%s\n' "$(secret subject-keys)" >"$directory/subject-keys.env"
printf 'RABBITMQ_DEFAULT_USER=crm\nRABBITMQ_DEFAULT_PASS=%s\nRABBITMQ_DEFAULT_VHOST=crm\n' "$(secret rabbitmq)" >"$directory/rabbitmq.env"
printf 'requirepass %s\nmaxmemory 256mb\nmaxmemory-policy volatile-lru\nsave ""\nappendonly no\n' "$(secret redis)" >"$directory/redis.conf"
{
    for database in customer sales service loyalty campaign analytics gateway; do
        printf "CREATE ROLE %s LOGIN PASSWORD '%s';\nCREATE DATABASE %s OWNER %s;\nREVOKE CONNECT ON DATABASE %s FROM PUBLIC;\n" \
            "$database" "$(secret "postgres-$database")" "$database" "$database" "$database"
    done
    printf "CREATE ROLE backup LOGIN REPLICATION PASSWORD '%s';\n" "$(secret postgres-backup)"
    printf '\\connect customer\nCREATE EXTENSION IF NOT EXISTS pg_trgm;\n'
} >"$directory/databases.sql"
# Read inside of containers by users that are not the owner.
chmod 644 "$directory/databases.sql" "$directory/redis.conf"
[[ -s "$directory/oidc.env" ]] || printf 'Oidc__Authority=https://login.example.com/realms/crm\nOidc__ClientSecret=\n' >"$directory/oidc.env"
[[ -s "$directory/mail.env" ]] || printf 'Smtp__Host=relay.example.com\nSmtp__Port=587\n# Where the relay asks for a sign-in:\n#Smtp__UserName=\n#Smtp__Password=\n' >"$directory/mail.env"
echo "$directory is complete. Fill in $directory/oidc.env and $directory/mail.env."
